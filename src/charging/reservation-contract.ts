import { Type } from 'typebox'
import { DryRun, OptionalCurrency, Payer } from '../credits/contract.ts'
import { overrunPolicies } from '../credits/reservation.ts'
import { pageOf, pageQuery } from '../http/paging.ts'
import { closed, Currency, nullable, numberId, oneOf, PositiveMoney } from '../http/schemas.ts'
import { Settlement } from './settlement-contract.ts'
import { usageFields } from './usage-contract.ts'

const Amount = Type.String({ description: 'an exact decimal', examples: ['4.37'] })
const Time = Type.String({ description: 'a time of RFC 3339', examples: ['2026-11-01T08:00:00.000Z'] })
const Party = Type.String({ minLength: 1, maxLength: 200, description: 'an id or a name' })
const secondsMax = 366 * 86_400

/** How long: one of the two. */
const duration = {
  minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: secondsMax / 60, examples: [60] })),
  seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: secondsMax })),
}

export const reservationParams = Type.Object({ reservation: numberId('res') })

export const ReservationBody = closed(
  {
    project: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'for which project: id or name', examples: ['chem'] }),
    ),
    payer: Type.Optional(
      Type.String({ ...Payer, description: 'who pays, where it is not the project: org_…, per_… or prj_…' }),
    ),
    person: Type.Optional(Party),
    provider: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'who earns: id or name; the site without it' }),
    ),
    service: usageFields.service,
    subtype: usageFields.subtype,
    currency: OptionalCurrency,
    amount: Type.Optional(PositiveMoney),
    estimate: Type.Optional(usageFields.quantities),
    ...duration,
    overrun: Type.Optional(
      oneOf(overrunPolicies, {
        description:
          'usage beyond what is held: charge it all (as debt, if need be), charge it as far as credits go, or absorb it',
      }),
    ),
    dryRun: DryRun,
  },
  'ReservationRequest',
)
export const SettleBody = closed(
  {
    amount: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,15}(\\.[0-9]{1,9})?$',
        description: 'an exact decimal of zero or more as text, such as "4.37", below 1e15, with at most nine places',
        examples: ['4.37'],
      }),
    ),
    usage: Type.Optional(usageFields.quantities),
    last: Type.Optional(
      Type.Boolean({
        description:
          'false: more will follow, and the reservation stays open. One that ran out is settled once: then this is the ' +
          'last, whatever it says, and the state of the answer is settled',
        default: true,
      }),
    ),
    dryRun: DryRun,
  },
  'SettleRequest',
)
export const GrowBody = closed({ amount: PositiveMoney, dryRun: DryRun }, 'GrowRequest')
export const ExtendBody = closed({ ...duration, dryRun: DryRun }, 'ExtendRequest')
export const ReleaseQuery = closed({ dryRun: DryRun })

const states = ['held', 'settled', 'released', 'expired'] as const
const shared = {
  id: numberId('res'),
  state: oneOf(states),
  currency: Currency,
  held: Type.String({ description: 'what it still sets aside', examples: ['4.37'] }),
  charged: Type.String({ description: 'what was settled so far', examples: ['0'] }),
  until: Time,
  payer: Type.String({ examples: ['prj_00000000000000000000000000000000'] }),
}
const available = Type.String({ description: 'what the payer may still hold or spend', examples: ['95.63'] })
export const Held = closed({ ...shared, available }, 'ReservationHeld')
export const Kept = closed({ ...shared, available: Type.Optional(available) }, 'ReservationKept')
const givenBack = {
  released: Type.String({ description: 'what went back to the wallet' }),
  expired: Type.String({ description: 'what was held of credits whose time is over: nobody has it any more' }),
}
export const Settled = closed(
  {
    ...shared,
    settled: Type.String({ description: 'what this settling cost' }),
    absorbed: Type.String({ description: 'the part of it that nobody pays, by the overrun policy' }),
    ...givenBack,
    charge: numberId('set'),
  },
  'ReservationSettled',
)
export const Released = closed({ ...shared, ...givenBack }, 'ReservationReleased')

const kept = {
  ...shared,
  amount: Type.String({ description: 'what it held at first' }),
  project: nullable(Type.String()),
  person: nullable(Type.String()),
  provider: Type.String(),
  service: Type.String(),
  subtype: Type.String(),
  overrun: oneOf(overrunPolicies),
  at: Time,
}
export const Reservations = pageOf(closed(kept, 'Reservation'), 'Reservations')
export const ReservationsQuery = closed({
  ...pageQuery,
  payer: Type.Optional(Payer),
  state: Type.Optional(oneOf(states)),
})
const Step = closed(
  {
    kind: oneOf(['grow', 'extend', 'settle', 'release', 'expire', 'late']),
    at: Time,
    held: Type.String({ description: 'what it holds more, or less, by this' }),
    charged: Amount,
    absorbed: Amount,
    until: nullable(Time),
    operation: numberId('op'),
  },
  'ReservationStep',
)
export const ReservationWhole = closed(
  {
    ...kept,
    estimate: nullable(Type.Record(Type.String(), Type.String(), { description: 'the quantities it was priced from' })),
    operation: numberId('op'),
    steps: Type.Array(Step, { description: 'what became of it, in order' }),
    settlements: Type.Array(Settlement),
  },
  'ReservationWhole',
)
