import { accept, type Outcome, refuse } from '../../values/outcome.ts'
import type { Lax } from '../lax/lax.ts'
import { model, nullable } from '../lax/model.ts'
import { microsText, moment } from '../lax/moment.ts'
import type { Span } from './book.ts'

/** Microseconds; null: it does not end; `now`: at this moment, or before it begins. */
export type NewEnd = number | null | 'now'

const form = model('JobPriceEnd', { valid_to: nullable(moment()) })
export const EndForm: Lax<{ readonly valid_to: number | null }> = {
  schema: form.schema,
  read(given, issues) {
    const end = form.read(given, issues)?.valid_to
    return { valid_to: end == null ? null : Number(end) }
  },
}

/** When a price or discount ends from now on. What was priced with it stays, so it cannot have ended in the past. */
export function endOf(span: Span, end: NewEnd, now: number): Outcome<number | null, { type: 'refused'; why: string }> {
  const refused = (why: string) => refuse({ type: 'refused' as const, why })
  if (end === span.to) return accept(end)
  if (span.to !== null && span.to <= now) {
    return end === 'now' ? accept(span.to) : refused(`It ended at ${microsText(BigInt(span.to))}: add a new one`)
  }
  if (end === null) return accept(null)
  if (end === 'now') return accept(Math.max(now, span.from))
  if (end <= span.from) return refused('valid_to must be greater than valid_from')
  return end < now ? refused('valid_to must not be in the past: jobs were priced until now') : accept(end)
}
