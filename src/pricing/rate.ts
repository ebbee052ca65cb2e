import { divideHalfEven, parseDecimal } from '../values/decimal.ts'
import { assert } from '../values/assert.ts'
import { valueIn } from '../values/json-text.ts'
import { amountMax } from '../values/money.ts'
import { periodOf } from '../values/period.ts'
import type { Component, Pricing, Resolved } from './book.ts'
import { quantityPlaces, quantityUnit } from './compile.ts'
import type { RatedLine, Rating, Usage, UsageTexts } from './line.ts'
import { freeOf, type NotCharged } from './policy.ts'
import { amountTop, roundedNanos } from './program.ts'
import { noPrice, nothingCharged, owesNothing, refusal } from './reason.ts'
import { rateParts } from './split.ts'
import { indexAt, valueAt } from './timeline.ts'

export type { RatedLine, Rating, Usage, UsageTexts } from './line.ts'

/** Exact at nine places; what metering let in has no more of them. */
function quantityOf(text: string): bigint {
  if (!text.includes('.')) return BigInt(text) * quantityUnit
  const quantity = parseDecimal(text, quantityPlaces)
  assert(quantity !== undefined, `not a quantity: ${text}`)
  return quantity
}

/** Usage and prices in, charge lines out; the same ones for ever. The usage has ended: what still runs is not rated. */
export function rate(resolved: Resolved, usage: Usage, texts?: UsageTexts): Rating {
  const { startsAt, endsAt } = usage
  const policy = valueAt(resolved.policies, endsAt)
  assert(policy, 'there is always a policy')
  const state = texts ? valueIn(texts.dimensionsText, 'state') : usage.dimensions['state']
  const free = state === undefined ? undefined : freeOf(policy, state)
  if (free) return free

  const { slots, meters, components } = resolved
  const told = texts?.quantitiesText
  const quantities = told === undefined ? usage.quantities : undefined
  for (const { name, slot } of meters) {
    const text = told === undefined ? quantities?.[name] : valueIn(told, name)
    slots[slot] = text === undefined ? 0n : quantityOf(text)
  }
  if (policy.splits && isCrossing(resolved, startsAt, endsAt))
    return finished(rateParts(resolved, usage), resolved, usage, policy.uses)

  const moment = policy.splits ? startsAt : endsAt
  const lines: RatedLine[] = []
  let period = ''
  for (const { timeline } of components) {
    const pricing = valueAt(timeline, moment)
    if (!pricing) continue
    if (period === '') period = periodOf(moment, resolved.zone)
    const parts = pricing.evaluate(slots)
    if (parts <= 0n || pricing.careful) {
      const refused = refusal(pricing, parts, usage)
      if (refused) return refused
      if (owesNothing(pricing, parts, usage)) continue
    }
    lines.push(lineOf(pricing, period, parts))
  }
  if (period === '') return noPrice(resolved)
  return finished(lines, resolved, usage, policy.uses)
}

function lineOf(pricing: Pricing, period: string, parts: bigint): RatedLine {
  const { program, shown, definition } = pricing
  return {
    component: pricing.component,
    part: 0,
    period,
    price: pricing.price.id,
    quantity: shown.bottom === 1n ? parts * shown.top : divideHalfEven(parts * shown.top, shown.bottom),
    nanos: roundedNanos(program, amountTop(program, parts) + program.fixed),
    currency: definition.currency,
    uses: pricing.uses,
  }
}

/** Whether a price changes, or a period ends, while the usage lasts. */
function isCrossing({ components, zone }: Resolved, startsAt: number, endsAt: number): boolean {
  if (endsAt <= startsAt) return false
  const last = endsAt - 1
  if (periodOf(startsAt, zone) !== periodOf(last, zone)) return true
  return components.some(({ timeline }: Component) => indexAt(timeline, startsAt) !== indexAt(timeline, last))
}

function finished(
  rated: readonly RatedLine[] | NotCharged,
  resolved: Resolved,
  usage: Usage,
  uses: readonly bigint[],
): Rating {
  if ('outcome' in rated) return rated
  for (const { nanos, component, uses: own } of rated) {
    if (nanos < amountMax) continue
    return { outcome: 'unpriced', reason: `${component}: the amount is larger than money can be`, uses: own }
  }
  return rated.length > 0 ? { outcome: 'charged', lines: rated, uses } : nothingCharged(resolved, usage)
}
