import { type ApiServer, door } from '../http/door.ts'
import { momentIn } from '../http/moment.ts'
import { pageFrom } from '../http/paging.ts'
import { principalOf } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { Directory } from '../parties/directory-commands.ts'
import { nanosFrom } from '../values/money.ts'
import type { Credits } from './commands.ts'
import * as contract from './contract.ts'
import { grantsPage } from './listing/sql.ts'
import { askingOf, currencyFor, payerFor, sendMoney } from './money-commands.ts'
import { shownGrant } from './shown.ts'
import { addBudgetRoutes } from './budget-routes.ts'
import { addWalletRoutes } from './wallet-routes.ts'
import { wantedOf } from './wanted-commands.ts'

const tag = 'credits'
const money = { key: 'required', tag } as const
const refusals = ['not-found', 'idempotency-key-reused'] as const

/** `/api/v1/grants`, `moves`, `wallets` and `budgets`. */
export function addCreditRoutes(server: ApiServer, credits: Credits, directory: Directory): void {
  addGrants(server, credits, directory)
  addMoves(server, credits, directory)
  addWalletRoutes(server, credits, directory)
  addBudgetRoutes(server, credits, directory)
}

function addGrants(server: ApiServer, credits: Credits, directory: Directory): void {
  server.post(
    '/api/v1/grants',
    door({
      ...money,
      operation: 'credits.grant',
      id: 'grantCredits',
      summary: 'Give credits to a wallet, for good or until a day',
      description: 'Debt is paid off first. Credits that expire are spent before others, the soonest first.',
      body: contract.GrantBody,
      answers: { 201: contract.Granted, 200: contract.Granted },
      problems: refusals,
    }),
    async (request, reply) => {
      const { body } = request
      const payer = await payerFor(directory, request, body.payer)
      const answered = await credits.grant(askingOf(request, body.dryRun), {
        owner: payer.id,
        currency: currencyFor(credits, body.currency),
        nanos: nanosFrom(body.amount),
        origin: body.origin,
        expiresAt: body.expiresAt === undefined ? null : momentIn('body.expiresAt', body.expiresAt),
      })
      return sendMoney(reply, answered)
    },
  )
  server.get(
    '/api/v1/grants',
    door({
      operation: 'credits.read',
      id: 'listGrants',
      tag,
      summary: 'Grants, newest first, with what is left of those that expire',
      query: contract.GrantsQuery,
      answers: { 200: contract.Grants },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const wanted = await wantedOf(principalOf(request), directory, query)
      return pageFrom(await grantsPage(credits.house.database.pool, wanted), query, ({ id }) => [id], shownGrant)
    },
  )
}

function addMoves(server: ApiServer, credits: Credits, directory: Directory): void {
  server.post(
    '/api/v1/moves',
    door({
      ...money,
      operation: 'credits.move',
      id: 'moveCredits',
      summary: 'Move credits from one wallet to another; those that expire keep their dates and go first',
      body: contract.MoveBody,
      answers: { 200: contract.Moved },
      problems: [...refusals, 'insufficient-credits'],
    }),
    async (request, reply) => {
      const { body } = request
      const from = await payerFor(directory, request, body.from)
      const to = await payerFor(directory, request, body.to)
      if (from.id === to.id) {
        const message = 'is the same wallet: name another'
        throw new Problem('request-invalid', { issues: [{ field: 'body.to', message }] })
      }
      const answered = await credits.move(askingOf(request, body.dryRun), {
        from: from.id,
        to: to.id,
        currency: currencyFor(credits, body.currency),
        nanos: nanosFrom(body.amount),
      })
      return sendMoney(reply, answered)
    },
  )
}
