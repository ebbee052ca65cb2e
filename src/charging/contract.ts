import { type Static, Type } from 'typebox'
import { pageOf, pageQuery } from '../http/paging.ts'
import { Amounts, closed, Currency, DayOrMoment, nullable, numberId, oneOf, partyId, Period } from '../http/schemas.ts'

const amountsOf = (description: string) => Type.Record(Type.String(), Type.String(), { description })

const Decimal = Type.String({ description: 'an exact decimal', examples: ['4.37'] })

const Charge = closed(
  {
    id: numberId('chg'),
    record: numberId('rec'),
    project: partyId('prj'),
    provider: partyId('prv'),
    component: Type.String({ description: 'the part of the price: cpu, gpu, memory …' }),
    kind: oneOf(['charge', 'reversal', 'memo'], { description: 'memo: rated, and never charged' }),
    part: Type.Integer({ description: 'of usage that was split at a change of price or month' }),
    revision: Type.Integer({ description: 'counts how often its record was rated' }),
    period: Period,
    quantity: Decimal,
    amount: Decimal,
    currency: Currency,
    price: numberId('prc'),
    bookRevision: Type.Integer(),
    transfer: nullable(numberId('trf')),
    operation: numberId('op'),
  },
  'Charge',
)
export const Charges = pageOf(Charge, 'Charges')
export const ChargesQuery = closed({
  ...pageQuery,
  project: Type.Optional(Type.String({ maxLength: 200, description: 'id or name of a project' })),
  period: Type.Optional(Period),
  record: Type.Optional(numberId('rec')),
})

export const Explanation = Type.Object(
  {
    record: Type.Any(),
    state: Type.String(),
    reason: nullable(Type.String()),
    charges: Type.Array(Type.Any()),
  },
  { title: 'Explanation', additionalProperties: true },
)

const line = {
  period: Period,
  service: Type.String(),
  component: Type.String(),
  currency: Currency,
  records: Type.Integer(),
  quantity: Decimal,
  amount: Decimal,
}
const Line = closed(line, 'StatementLine')
const TrueUpLine = closed(
  { ...line, ids: Type.Array(numberId('tru'), { description: 'the true-ups that it is the sum of, the newest last' }) },
  'StatementTrueUp',
)
const SettledLine = closed(
  {
    period: Period,
    service: Type.String(),
    currency: Currency,
    settlements: Type.Integer(),
    amount: Decimal,
    absorbed: Type.String({ description: 'what nobody paid, by the overrun policy' }),
  },
  'StatementSettled',
)
const WalletLine = closed(
  {
    currency: Currency,
    granted: Decimal,
    spent: Type.String({ description: 'by usage, less what was taken back' }),
    refunded: Type.String({ description: 'less what corrections took back, by which all of a charge comes back' }),
    expired: Decimal,
    movedIn: Decimal,
    movedOut: Decimal,
    posted: Type.String({ description: 'now' }),
    held: Decimal,
    available: Decimal,
    overrun: Decimal,
    creditLimit: Decimal,
  },
  'StatementWallet',
)
export type Statement = Static<typeof Statement>
export const Statement = closed(
  {
    project: closed({ id: partyId('prj'), name: Type.String(), organisation: Type.String() }),
    tier: Type.String(),
    payment: oneOf(['prepaid', 'postpaid']),
    from: nullable(Type.String()),
    to: nullable(Type.String()),
    lines: Type.Array(Line),
    trueUps: Type.Array(TrueUpLine, { description: 'what tiers and included volumes of whole months add or take' }),
    trueUpsLeftOut: Type.Array(TrueUpLine, {
      description: 'those of months that the range cuts; they are not in the total',
    }),
    settled: Type.Array(SettledLine, { description: 'what reservations came to' }),
    wallets: Type.Array(WalletLine, { description: 'what went in and out of its wallets, and how they stand now' }),
    total: Amounts,
    refunded: amountsOf(
      'what refunds took off what is owed, whenever that was charged; the total does not know of them',
    ),
    notCharged: Type.Array(Type.Object({ state: Type.String(), reason: Type.String(), records: Type.Integer() })),
    owed: amountsOf('now, and not yet billed: of all time, the total less what was refunded'),
  },
  'Statement',
)
export const StatementQuery = closed({
  from: Type.Optional(Type.String({ ...DayOrMoment })),
  to: Type.Optional(Type.String({ ...DayOrMoment })),
})

export const ReplayBody = closed(
  {
    ids: Type.Optional(Type.Array(numberId('qua'), { minItems: 1, maxItems: 1000 })),
    unknown: Type.Optional(
      oneOf(['create', 'quarantine'], {
        description: 'names that are still unknown: create them, or let their rows wait',
      }),
    ),
    dryRun: Type.Optional(Type.Boolean()),
  },
  'QuarantineReplay',
)
export const Replayed = closed(
  {
    replayed: Type.Integer(),
    stillWaiting: Type.Integer(),
    recorded: Type.Integer(),
    duplicates: Type.Integer(),
    corrected: Type.Integer(),
    charged: Type.Integer(),
    unpriced: Type.Integer(),
    amount: Amounts,
    dryRun: Type.Boolean(),
  },
  'QuarantineReplayed',
)
