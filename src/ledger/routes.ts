import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { momentIn } from '../http/moment.ts'
import { afterOf, limitOf, numberPart, pageFrom } from '../http/paging.ts'
import { type Principal, principalOf } from '../http/principal.ts'
import { orNotFound } from '../http/problem.ts'
import { numberId } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import { requireOwner, scopeOf } from '../parties/scope-commands.ts'
import { idOf, numbered, numberOf } from '../values/id.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import { balancesOf, type EntryRow, history } from './commands.ts'
import * as contract from './contract.ts'
import { accountById, type AccountItem, accountsPage } from './listing/sql.ts'

const params = Type.Object({ account: numberId('acc') })

/** `GET /api/v1/accounts`, one of them now or at a moment, and its entries. */
export function addLedgerRoutes(server: ApiServer, house: House): void {
  const reader = house.database.pool
  const find = async (principal: Principal, id: string) => {
    const account = orNotFound(await accountById(reader, numberOf('account', id) as bigint))
    await requireOwner(reader, principal, [account.owner])
    return account
  }
  server.get(
    '/api/v1/accounts',
    door({
      operation: 'accounts.list',
      id: 'listAccounts',
      tag: 'ledger',
      summary: 'Accounts with their balances, in the order in which they were opened',
      query: contract.AccountsQuery,
      answers: { 200: contract.Accounts },
    }),
    async (request) => {
      const { query } = request
      const found = await accountsPage(reader, {
        scope: await scopeOf(reader, principalOf(request)),
        owner: query.owner?.slice(4) ?? null,
        kind: query.kind ?? null,
        currency: query.currency ?? null,
        after: afterOf(query, numberPart)?.[0] ?? null,
        limit: limitOf(query),
      })
      return pageFrom(found, query, ({ id }) => [id], shownAccount)
    },
  )
  server.get(
    '/api/v1/accounts/:account',
    door({
      operation: 'accounts.list',
      id: 'readAccount',
      tag: 'ledger',
      summary: 'One account, now or as it stood just before a moment',
      params,
      query: contract.AccountQuery,
      answers: { 200: contract.AccountThen },
      problems: ['not-found'],
    }),
    async (request) => {
      const account = await find(principalOf(request), request.params.account)
      const { at } = request.query
      const balances = await balancesOf(
        reader,
        [account.owner],
        at === undefined ? undefined : new Date(momentIn('query.at', at)),
      )
      const then = balances.find((balance) => String(balance.account) === account.id)
      return { ...shownAccount(account), balance: nanosText(then?.nanos ?? 0n) }
    },
  )
  addEntries(server, house, find)
}

type Find = (principal: Principal, id: string) => Promise<AccountItem>

function addEntries(server: ApiServer, house: House, find: Find): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/accounts/:account/entries',
    door({
      operation: 'accounts.list',
      id: 'listEntries',
      tag: 'ledger',
      summary: 'The history of an account, newest first, with the balance after each entry',
      params,
      query: contract.EntriesQuery,
      answers: { 200: contract.Entries },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const account = await find(principalOf(request), request.params.account)
      const before = afterOf(query, numberPart)?.[0]
      const from = before === undefined ? null : BigInt(before)
      const found = await history(reader, BigInt(account.id), from, limitOf(query) + 1)
      return pageFrom(found, query, ({ entry }) => [entry], shownEntry)
    },
  )
}

const text = (amount: string): string => nanosText(nanosFrom(amount))

function shownAccount(row: AccountItem) {
  const available = nanosFrom(row.posted) - nanosFrom(row.held) + nanosFrom(row.credit_limit)
  return {
    id: numbered('account', row.id) as string,
    owner: row.owner_kind === null ? row.owner : (idOf(row.owner_kind, row.owner) as string),
    kind: row.kind,
    currency: row.currency,
    normalSide: row.normal_side,
    posted: text(row.posted),
    held: text(row.held),
    overrun: text(row.overrun),
    creditLimit: text(row.credit_limit),
    available: row.kind === 'wallet' ? nanosText(available) : null,
    entries: Number(row.entries),
    lastAt: row.last_at?.toISOString() ?? null,
  }
}

const shownEntry = (row: EntryRow) => ({
  entry: Number(row.entry),
  side: row.side,
  amount: text(row.amount),
  balanceAfter: text(row.balance_after),
  currency: row.currency,
  reason: row.reason,
  period: row.period.slice(0, 7),
  at: row.at.toISOString(),
  transfer: numbered('transfer', row.transfer) as string,
  operation: numbered('operation', row.operation) as string,
})
