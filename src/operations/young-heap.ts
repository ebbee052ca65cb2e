import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** As far as Node lets it grow by itself. */
const youngMost = 128 * 2 ** 20

/**
 * What waits in a lane outlives many small collections, and each of them copies it. Node lets the heap of young objects
 * grow with what survives, which takes minutes of load, and no flag raises it once Node runs: so it is filled until it
 * has grown. Worth a quarter of this process's time under load.
 *
 * And it is collected when it is full, not between two tasks before: there a whole batch waits for its commit, and would
 * be copied. Worth as much again.
 */
export function growYoungHeap(): void {
  setFlagsFromString('--no-minor-gc-task')
  const filling: object[] = []
  for (let count = 0; count < 4_000_000; count += 1) {
    if (count % 10_000 === 0 && youngSize() >= youngMost) break
    filling.push({ count })
  }
}

const youngSize = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0
