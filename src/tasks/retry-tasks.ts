import { setTimeout as sleep } from 'node:timers/promises'

const pauseMs = 1_000

/** Does it, and does it again while it fails; undefined when it was stopped before it went well. */
export async function untilDone<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal,
  told: (failure: Error) => void,
): Promise<Result | undefined> {
  while (!signal.aborted) {
    try {
      return await work()
    } catch (error) {
      told(error as Error)
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
  }
  return undefined
}
