import { type ApiServer, door } from '../http/door.ts'
import { pageFrom } from '../http/paging.ts'
import { principalOf } from '../http/principal.ts'
import type { Directory } from '../parties/directory-commands.ts'
import { nanosFrom } from '../values/money.ts'
import type { Credits } from './commands.ts'
import * as contract from './contract.ts'
import { walletsOf } from './listing-commands.ts'
import { askingOf, currencyFor, payerFor, sendMoney } from './money-commands.ts'
import { wantedOf } from './wanted-commands.ts'

/** `/api/v1/wallets`: what payers have, and how far they may go below zero. */
export function addWalletRoutes(server: ApiServer, credits: Credits, directory: Directory): void {
  server.get(
    '/api/v1/wallets',
    door({
      operation: 'credits.read',
      id: 'listWallets',
      tag: 'credits',
      summary: 'What payers have: posted, held, available, and the lots that expire',
      description: 'What ran out counts as free at once: reservations past their time, and credits past their date.',
      query: contract.WalletsQuery,
      answers: { 200: contract.Wallets },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const wanted = await wantedOf(principalOf(request), directory, query)
      const found = await walletsOf(credits.house.database.pool, wanted)
      return pageFrom(
        found,
        query,
        ({ row }) => [row.id],
        ({ shown }) => shown,
      )
    },
  )
  server.put(
    '/api/v1/wallets/:payer/limit',
    door({
      key: 'required',
      tag: 'credits',
      operation: 'credits.limit',
      id: 'setCreditLimit',
      summary: 'Set how far a wallet may go below zero; what is used beyond a lower limit stands as overrun',
      params: contract.payerParams,
      body: contract.LimitBody,
      answers: { 200: contract.Limited },
      problems: ['not-found', 'idempotency-key-reused'],
    }),
    async (request, reply) => {
      const { body } = request
      const payer = await payerFor(directory, request, request.params.payer)
      const asking = askingOf(request, body.dryRun)
      return sendMoney(
        reply,
        await credits.limit(asking, payer.id, currencyFor(credits, body.currency), nanosFrom(body.amount)),
      )
    },
  )
}
