import { Type } from 'typebox'
import { pageOf, pageQuery } from '../http/paging.ts'
import { closed, Currency, Moment, nullable, numberId, oneOf, Period } from '../http/schemas.ts'
import { chart } from './chart.ts'

const Amount = Type.String({ description: 'an exact decimal', examples: ['4.37'] })
const Side = oneOf(['debit', 'credit'])
const Kind = oneOf(Object.keys(chart) as (keyof typeof chart)[])
const PartyId = Type.String({
  pattern: '^(org|prj|per|prv)_[0-9a-f]{32}$',
  description: 'the id of a party (org_…, prj_…, per_…, prv_…)',
})

const accountFields = {
  id: numberId('acc'),
  owner: Type.String({ description: 'the id of a party; a UUID for an account of the house' }),
  kind: Kind,
  currency: Currency,
  normalSide: Side,
  posted: Amount,
  held: Amount,
  overrun: Amount,
  creditLimit: Amount,
  available: nullable(
    Type.String({
      description:
        'of a wallet: posted − held + creditLimit; below zero where more was spent than that. Wallets also tell what ran ' +
        'out since the account was last touched',
    }),
  ),
  entries: Type.Integer(),
  lastAt: nullable(Type.String()),
}
const Account = closed(accountFields, 'Account')
export const Accounts = pageOf(Account, 'Accounts')
export const AccountsQuery = closed({
  ...pageQuery,
  owner: Type.Optional(PartyId),
  kind: Type.Optional(Kind),
  currency: Type.Optional(Currency),
})
export const AccountQuery = closed({ at: Type.Optional(Moment) })
export const AccountThen = closed(
  { ...accountFields, balance: Type.String({ description: 'now, or just before `at`' }) },
  'AccountBalance',
)

const Entry = closed(
  {
    entry: Type.Integer({ description: 'counts the entries of the account: 1, 2, 3 …' }),
    side: Side,
    amount: Amount,
    balanceAfter: Amount,
    currency: Currency,
    reason: Type.String(),
    period: Period,
    at: Type.String(),
    transfer: numberId('trf'),
    operation: numberId('op'),
  },
  'Entry',
)
export const Entries = pageOf(Entry, 'Entries')
export const EntriesQuery = closed(pageQuery)
