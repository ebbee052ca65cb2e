import { type ApiServer, door } from '../http/door.ts'
import { callerOf } from '../http/call.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import type { House } from '../operations/house.ts'
import { numberOf } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import * as contract from './contract.ts'
import type { Memory } from './memory-commands.ts'
import { replay, type RowReader } from './replay-commands.ts'

/** `POST /api/v1/quarantine/replay`. Safe to repeat: what was charged once is charged no second time. */
export function addReplayRoutes(
  server: ApiServer,
  house: House,
  memory: Memory,
  readers: Readonly<Record<string, RowReader>>,
): void {
  server.post(
    '/api/v1/quarantine/replay',
    door({
      operation: 'quarantine.replay',
      id: 'replayQuarantine',
      tag: 'metering',
      summary: 'Try again what waits in quarantine, and charge what can be charged now',
      body: contract.ReplayBody,
      answers: { 200: contract.Replayed },
    }),
    async (request, reply) => {
      const principal = principalOf(request)
      requireEverything(principal)
      const { ids, unknown = 'quarantine', dryRun = false } = request.body
      const stop = new AbortController()
      // Whoever leaves gets no answer; what was replayed until then is done.
      reply.raw.once('close', () => reply.raw.writableEnded || stop.abort())
      const result = await replay(
        house,
        {
          principal: callerOf(request).principal,
          unknown,
          dryRun,
          only: ids?.map((id) => numberOf('quarantined', id) as bigint),
          readers,
          signal: stop.signal,
          onPage: () => {},
        },
        memory,
      )
      const { replayed, stillWaiting, recorded, duplicates, corrected, charged, unpriced } = result
      const amount = Object.fromEntries([...result.amounts].map(([currency, nanos]) => [currency, nanosText(nanos)]))
      return { replayed, stillWaiting, recorded, duplicates, corrected, charged, unpriced, amount, dryRun }
    },
  )
}
