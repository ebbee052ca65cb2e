import { Type } from 'typebox'
import { closed } from '../../http/schemas.ts'
import { divideHalfEven, fixedText } from '../../values/decimal.ts'
import { Fault } from '../door/fault.ts'
import { model, nullable, optional, ruled } from '../lax/model.ts'
import { microsText } from '../lax/moment.ts'
import { int } from '../lax/number.ts'
import { literal, text, uuid } from '../lax/text.ts'
import type { JobPriceBook } from './book.ts'
import { type JobPrice, type ServiceType, totalCost } from './cost.ts'
import { legacyFault, subtypeWord, type Subtypes } from './subtype.ts'

/** A job that is not reserved yet. */
export type Asked = { readonly type: ServiceType; readonly subtype: string; readonly vlab: string }

/** @throws Fault 404 when nothing says what it costs */
export function priceOr404(book: JobPriceBook, { type, subtype, vlab }: Asked, atMs: number): JobPrice {
  const price = book.priceFor(type, subtype, vlab, atMs)
  if (price) return price
  throw Fault.notFound(`Missing price for: ${vlab} ${type} ${subtype} ${microsText(BigInt(atMs) * 1000n)}`)
}

/** What it would cost now, to two places, half to even. */
export function estimated(book: JobPriceBook, asked: Asked, units: bigint, atMs: number): { cost: string } {
  const nanos = totalCost(priceOr404(book, asked, atMs), book.discountOf(asked.vlab, atMs), units)
  return { cost: fixedText(divideHalfEven(nanos, 10_000_000n), 2) }
}

export const Estimate = closed({ cost: Type.String({ examples: ['1.50'] }) }, 'JobEstimate')

export const oneshotForm = (subtypes: Subtypes) =>
  ruled(
    model('JobEstimateOneshot', {
      proj_id: uuid(),
      type: literal('oneshot'),
      subtype: subtypeWord(subtypes),
      count: int({ ge: 0 }),
    }),
    ({ subtype }) => legacyFault(subtypes, subtype),
  )

export const longrunForm = (subtypes: Subtypes) =>
  ruled(
    model('JobEstimateLongrun', {
      proj_id: uuid(),
      type: literal('longrun'),
      subtype: subtypeWord(subtypes),
      duration: int({ ge: 0 }),
      instances: int({ ge: 0 }),
      instance_type: optional(nullable(text()), null),
    }),
    ({ subtype }) => legacyFault(subtypes, subtype),
  )
