import { Type } from 'typebox'
import { pageOf, pageQuery } from '../http/paging.ts'
import { closed, Currency, Moment, nullable, numberId, oneOf, PositiveMoney } from '../http/schemas.ts'

const Amount = Type.String({ description: 'an exact decimal', examples: ['4.37'] })
const Time = Type.String({ description: 'a time of RFC 3339', examples: ['2026-11-01T08:00:00.000Z'] })

/** Who pays: a project by id or name, an organisation or a person by id. */
export const Payer = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'who pays: prj_…, org_…, per_…, or the name of a project',
  examples: ['chem'],
})
export const OptionalCurrency = Type.Optional(Type.String({ ...Currency, default: 'CREDIT' }))
export const DryRun = Type.Optional(
  Type.Boolean({ description: 'answer what would happen, and change nothing; ids in the answer are of nothing' }),
)
export const payerParams = Type.Object({ payer: Payer })

const NonNegativeMoney = Type.String({
  pattern: '^[0-9]{1,15}(\\.[0-9]{1,9})?$',
  description: 'an exact decimal of zero or more as text, such as "4.37", below 1e15, with at most nine places',
  examples: ['4.37'],
})

export const GrantBody = closed(
  {
    payer: Payer,
    amount: PositiveMoney,
    currency: OptionalCurrency,
    origin: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,39}$',
      description: 'a word such as purchase, allocation or gift: at most 40 lower-case letters, digits and -',
      examples: ['purchase'],
    }),
    expiresAt: Type.Optional(Type.String({ ...Moment })),
    dryRun: DryRun,
  },
  'GrantRequest',
)
const grantFields = {
  id: numberId('gra'),
  currency: Currency,
  amount: Amount,
  origin: Type.String(),
  expiresAt: nullable(Time),
}
export const Granted = closed({ ...grantFields, available: Amount }, 'Granted')
const Grant = closed(
  {
    ...grantFields,
    payer: Type.String(),
    left: nullable(
      Type.String({ description: 'what its payer still has of it; null for credits without a date, which mix' }),
    ),
    at: Time,
    operation: numberId('op'),
  },
  'Grant',
)
export const Grants = pageOf(Grant, 'Grants')
export const GrantsQuery = closed({ ...pageQuery, payer: Type.Optional(Payer), currency: Type.Optional(Currency) })

export const MoveBody = closed(
  { from: Payer, to: Payer, amount: PositiveMoney, currency: OptionalCurrency, dryRun: DryRun },
  'MoveRequest',
)
export const Moved = closed(
  {
    currency: Currency,
    amount: Amount,
    from: Type.String({ description: 'what is available there from now on' }),
    to: Type.String({ description: 'what is available there from now on' }),
  },
  'Moved',
)

export const LimitBody = closed(
  { amount: NonNegativeMoney, currency: OptionalCurrency, dryRun: DryRun },
  'LimitRequest',
)
export const Limited = closed(
  { wallet: Type.Optional(numberId('acc')), currency: Currency, creditLimit: Amount, available: Amount },
  'Limited',
)

const Lot = closed(
  {
    grant: numberId('gra'),
    expiresAt: Time,
    posted: Amount,
    held: Amount,
  },
  'Lot',
)
const Wallet = closed(
  {
    id: numberId('acc'),
    payer: Type.String(),
    currency: Currency,
    posted: Type.String({ description: 'what was granted and not spent; below zero it is debt' }),
    held: Type.String({ description: 'what open reservations set aside' }),
    available: Type.String({ description: 'what may still be held or spent: posted − held + creditLimit' }),
    overrun: Type.String({ description: 'what was spent beyond the limit, on record' }),
    creditLimit: Type.String({ description: 'how far it may go below zero' }),
    lots: Type.Array(Lot, { description: 'what is left of credits that expire, the soonest first' }),
  },
  'Wallet',
)
export const Wallets = pageOf(Wallet, 'Wallets')
export const WalletsQuery = closed({ ...pageQuery, payer: Type.Optional(Payer), currency: Type.Optional(Currency) })

const Span = oneOf(['day', 'month', 'total'], { description: 'in each day, in each month, or in all' })
export const budgetParams = Type.Object({ payer: Payer, span: Span })
export const BudgetBody = closed(
  { amount: NonNegativeMoney, currency: OptionalCurrency, dryRun: DryRun },
  'BudgetRequest',
)
export const BudgetQuery = closed({ currency: OptionalCurrency, dryRun: DryRun })
export const BudgetSet = closed(
  { id: numberId('bud'), currency: Currency, span: Span, amount: nullable(Amount) },
  'BudgetSet',
)
const Budget = closed(
  {
    id: numberId('bud'),
    payer: Type.String(),
    currency: Currency,
    span: Span,
    amount: Amount,
    since: Type.String({ description: 'the day on which the present span began', examples: ['2026-11-01'] }),
    used: Type.String({ description: 'what is spent and held since then, by the payer and everybody below it' }),
    left: Amount,
  },
  'Budget',
)
export const Budgets = pageOf(Budget, 'Budgets')
export const BudgetsQuery = closed({ ...pageQuery, payer: Type.Optional(Payer) })
