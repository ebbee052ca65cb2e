import { type ApiServer, door } from '../http/door.ts'
import { pageFrom } from '../http/paging.ts'
import { principalOf } from '../http/principal.ts'
import type { Directory } from '../parties/directory-commands.ts'
import { nanosFrom } from '../values/money.ts'
import type { Credits } from './commands.ts'
import * as contract from './contract.ts'
import { budgetsOf } from './listing-commands.ts'
import { askingOf, currencyFor, payerFor, sendMoney } from './money-commands.ts'
import { wantedOf } from './wanted-commands.ts'
import { shownBudget } from './shown.ts'

const money = { key: 'required', tag: 'credits', operation: 'credits.budget' } as const
const refusals = ['not-found', 'idempotency-key-reused'] as const

/** `/api/v1/budgets`: what may be spent, holds included, by a payer and everybody below it. */
export function addBudgetRoutes(server: ApiServer, credits: Credits, directory: Directory): void {
  server.get(
    '/api/v1/budgets',
    door({
      operation: 'credits.read',
      id: 'listBudgets',
      tag: 'credits',
      summary: 'Budgets in force, with what is used of the present day, of the month, or in all',
      query: contract.BudgetsQuery,
      answers: { 200: contract.Budgets },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const { database, zone } = credits.house
      const wanted = await wantedOf(principalOf(request), directory, query)
      return pageFrom(await budgetsOf(database.pool, wanted, zone), query, ({ id }) => [id], shownBudget)
    },
  )
  server.put(
    '/api/v1/budgets/:payer/:span',
    door({
      ...money,
      id: 'setBudget',
      summary: 'Set what a payer and everybody below it may spend in each day, each month, or in all',
      params: contract.budgetParams,
      body: contract.BudgetBody,
      answers: { 200: contract.BudgetSet },
      problems: refusals,
    }),
    async (request, reply) => {
      const { body, params } = request
      const payer = await payerFor(directory, request, params.payer)
      const answered = await credits.budget(askingOf(request, body.dryRun), {
        owner: payer.id,
        currency: currencyFor(credits, body.currency),
        span: params.span,
        nanos: nanosFrom(body.amount),
      })
      return sendMoney(reply, answered)
    },
  )
  server.delete(
    '/api/v1/budgets/:payer/:span',
    door({
      ...money,
      id: 'endBudget',
      summary: 'Let a budget end',
      description:
        'Nothing is counted while there is none. One of the same span that is set later goes on from what was used of ' +
        'that day, that month or in all while there was one.',
      params: contract.budgetParams,
      query: contract.BudgetQuery,
      answers: { 200: contract.BudgetSet },
      problems: refusals,
    }),
    async (request, reply) => {
      const { query, params } = request
      const payer = await payerFor(directory, request, params.payer)
      const answered = await credits.budget(askingOf(request, query.dryRun), {
        owner: payer.id,
        currency: currencyFor(credits, query.currency, 'query.currency'),
        span: params.span,
        nanos: null,
      })
      return sendMoney(reply, answered)
    },
  )
}
