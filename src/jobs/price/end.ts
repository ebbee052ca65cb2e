import { accept, type Outcome, refuse } from '../../values/outcome.ts'
import { model, nullable } from '../lax/model.ts'
import { type Micros, microsText, moment } from '../lax/moment.ts'
import type { Span } from './book.ts'

/** null: it does not end; `now`: at this moment, or before it begins. */
export type NewEnd = Micros | null | 'now'

export const EndForm = model('JobPriceEnd', { valid_to: nullable(moment()) })

/** When a price or discount ends from now on. What was priced with it stays, so it cannot have ended in the past. */
export function endOf(span: Span, end: NewEnd, now: Micros): Outcome<Micros | null, { type: 'refused'; why: string }> {
  const refused = (why: string) => refuse({ type: 'refused' as const, why })
  if (end === span.to) return accept(end)
  if (span.to !== null && span.to <= now) {
    return end === 'now' ? accept(span.to) : refused(`It ended at ${microsText(span.to)}: add a new one`)
  }
  if (end === null) return accept(null)
  if (end === 'now') return accept(now > span.from ? now : span.from)
  if (end <= span.from) return refused('valid_to must be greater than valid_from')
  return end < now ? refused('valid_to must not be in the past: jobs were priced until now') : accept(end)
}
