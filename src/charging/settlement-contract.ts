import { Type } from 'typebox'
import { closed, Currency, nullable, numberId, Period } from '../http/schemas.ts'

const Amount = Type.String({ description: 'an exact decimal', examples: ['4.37'] })
const Time = Type.String({ description: 'a time of RFC 3339', examples: ['2026-11-01T08:00:00.000Z'] })

/** What one settling of a reservation was charged. */
export const Settlement = closed(
  {
    id: numberId('set'),
    reservation: numberId('res'),
    at: Time,
    period: Period,
    payer: Type.String(),
    project: nullable(Type.String()),
    person: nullable(Type.String()),
    provider: Type.String(),
    service: Type.String(),
    subtype: Type.String(),
    currency: Currency,
    amount: Amount,
    absorbed: Amount,
    usage: nullable(
      Type.Record(Type.String(), Type.String(), { description: 'quantities by meter; null when an amount was given' }),
    ),
    lines: Type.Array(Type.Any(), { description: 'how it was priced' }),
    bookRevision: nullable(Type.Integer()),
    transfer: nullable(numberId('trf')),
    operation: numberId('op'),
  },
  'Settlement',
)
