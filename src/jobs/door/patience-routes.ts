import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { Problem } from '../../http/problem.ts'

/** Clients wait five seconds for an answer. */
const patienceMilliseconds = 3_000
const pauseMilliseconds = 100

/** What was refused for load was not begun, so it may be begun again. */
export const isBusy = (error: unknown): boolean => error instanceof Problem && error.type === 'overloaded'

/**
 * Clients of these doors never ask again, and one sign of life that is refused is the last that a job gives. So what
 * comes while the house is busy waits here for a while, unless its client went away.
 */
export async function askAgain({ raw }: FastifyRequest, attempt: () => unknown): Promise<unknown> {
  const until = performance.now() + patienceMilliseconds
  for (;;) {
    await sleep(pauseMilliseconds)
    try {
      return await attempt()
    } catch (error) {
      if (!isBusy(error) || raw.socket.destroyed || performance.now() > until) throw error
    }
  }
}
