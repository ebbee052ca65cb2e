import { divideHalfEven } from '../values/decimal.ts'
import { periodBounds, periodOf } from '../values/period.ts'
import type { Component, Pricing, Resolved } from './book.ts'
import type { RatedLine, Usage } from './line.ts'
import type { NotCharged } from './policy.ts'
import { amountTop, roundedNanos } from './program.ts'
import { noPrice, owesFixed, owesNothing, refusal } from './reason.ts'
import { valueAt } from './timeline.ts'

/** Ends of periods strictly inside the usage. */
function periodEnds({ startsAt, endsAt }: Usage, zone: string): number[] {
  const ends: number[] = []
  for (let { to } = periodBounds(periodOf(startsAt, zone), zone); to < endsAt; ) {
    ends.push(to)
    to = periodBounds(periodOf(to, zone), zone).to
  }
  return ends
}

/** The usage cut where this component's price changes and where periods end: [from, to), in order, without a gap. */
function cutsOf({ timeline }: Component, ends: readonly number[], { startsAt, endsAt }: Usage): number[] {
  const inside = timeline.starts.filter((start) => start > startsAt && start < endsAt)
  return [startsAt, ...new Set([...ends, ...inside].sort((a, b) => a - b)), endsAt]
}

/**
 * Usage is spread evenly over its time. Each part pays what the running total comes to so far less what it came to
 * before: quantities of the parts add up to the whole, and so do amounts where the price stays the same.
 */
function partOf(pricing: Pricing, whole: bigint, before: bigint, sofar: bigint, length: bigint, fixed: bigint) {
  const { program, shown } = pricing
  const [from, to] = [(whole * before) / length, (whole * sofar) / length]
  const places = (parts: bigint) => divideHalfEven(parts * shown.top, shown.bottom)
  const owed = (parts: bigint) => amountTop(program, parts)
  return {
    quantity: places(to) - places(from),
    nanos: roundedNanos(program, owed(to) + fixed) - roundedNanos(program, owed(from)),
  }
}

export function rateParts(resolved: Resolved, usage: Usage): RatedLine[] | NotCharged {
  const { components, zone, slots } = resolved
  const { startsAt, endsAt } = usage
  const length = BigInt(endsAt - startsAt)
  const ends = periodEnds(usage, zone)
  const lines: RatedLine[] = []
  for (const component of components) {
    const cuts = cutsOf(component, ends, usage)
    for (let part = 0; part + 1 < cuts.length; part += 1) {
      const [from, to] = [cuts[part] as number, cuts[part + 1] as number]
      const pricing = valueAt(component.timeline, from)
      if (!pricing) {
        // Part of the usage with no price at all would be given away.
        if (components.every(({ timeline }) => !valueAt(timeline, from))) return noPrice(resolved)
        continue
      }
      const whole = pricing.evaluate(slots)
      const refused = refusal(pricing, whole, usage)
      if (refused) return refused
      const fixed = to === endsAt && owesFixed(pricing, usage) ? pricing.program.fixed : 0n
      const paid = partOf(pricing, whole, BigInt(from - startsAt), BigInt(to - startsAt), length, fixed)
      if (owesNothing(pricing, whole, usage) || (whole === 0n && fixed === 0n)) continue
      const period = periodOf(from, zone)
      const { currency } = pricing.definition
      lines.push({
        component: component.name,
        part,
        period,
        price: pricing.price.id,
        ...paid,
        currency,
        uses: pricing.uses,
      })
    }
  }
  return lines.length > 0 || components.some(({ timeline }) => valueAt(timeline, startsAt)) ? lines : noPrice(resolved)
}

/** From when to when a rated line counts: all of the usage, or the part of it that the line is for. */
export function spanOf(resolved: Resolved, usage: Usage, line: RatedLine): { from: number; to: number } {
  const whole = { from: usage.startsAt, to: usage.endsAt }
  const component = resolved.components.find(({ name }) => name === line.component)
  if (!component || !valueAt(resolved.policies, usage.endsAt)?.splits || usage.endsAt <= usage.startsAt) return whole
  const cuts = cutsOf(component, periodEnds(usage, resolved.zone), usage)
  return { from: cuts[line.part] ?? whole.from, to: cuts[line.part + 1] ?? whole.to }
}
