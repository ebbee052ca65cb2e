import { getHeapSpaceStatistics } from 'node:v8'

const youngEnough = 32 * 2 ** 20

/**
 * What waits in a lane outlives many small collections, and each of them copies it. Node lets the heap of young objects
 * grow by and by to 128 MiB, and no flag raises it once Node runs: so it is filled until it has grown. Worth a quarter of
 * this process's time under load.
 */
export function growYoungHeap(): void {
  const filling: object[] = []
  for (let count = 0; count < 1_000_000; count += 1) {
    if (count % 10_000 === 0 && youngSize() >= youngEnough) break
    filling.push({ count })
  }
}

const youngSize = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0
