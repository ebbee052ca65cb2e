import { hash } from 'node:crypto'
import type { Fact, FactTexts } from './fact.ts'

/**
 * What stands of several versions of one thing used. Sources say things again: the same dump twice, a running job that
 * has ended, a record corrected after it was final, and not every format tells everything. Whatever the order of arrival,
 * and however often each comes, the same stands:
 *
 * 1. Final versions stand over those that are not.
 * 2. Each part (a quantity, a dimension, a party, what it is and its interval) is as the greatest version tells it that
 *    tells it at all, by (measuredAt, words).
 * 3. What two versions tell of the quantities, the kind or the interval otherwise ends the lesser: nothing counts that was
 *    told last by it or before it. So a correction replaces what it contradicts, and does not mix with it.
 *
 * `join` of what stands and what comes is associative, commutative and idempotent: all that it decides by is the greatest
 * version of each part and the greatest lesser one, and both are kept. A part that is forgotten by 3 cannot come back by
 * what was told at that time or before, so nothing is lost with it.
 */
export type Standing = {
  readonly final: boolean
  /** The greatest version. */
  readonly top: Stamp
  /** Nothing told last at this time or before counts any more. */
  readonly floor: Stamp | null
  readonly parts: ReadonlyMap<string, Part>
}

/** When a version was measured, and a digest of its words without its parties, whose ids are drawn by lot. */
export type Stamp = readonly [measuredAt: number, words: string]
type Part = { readonly value: string; readonly at: Stamp }

/** What a version says, without when it was measured and in which words. */
export type Content = Told & Parties
type Told = Pick<Fact, 'service' | 'subtype' | 'startsAt' | 'endsAt' | 'final' | 'quantities' | 'dimensions'>
type Parties = { readonly project: string; readonly person: string | null; readonly provider: string }

/** As it is kept beside an identity: the words of the greatest version, and the parts whose stamps are others. */
export type Kept = {
  readonly words: string
  readonly floor: Stamp | null
  readonly parts: Readonly<Record<string, Stamp>>
}

/** 128 bits of SHA-256, in hex: the same content gives the same digest, from whatever format it was read. */
export function contentDigest(texts: FactTexts, { project, person, provider }: Parties): string {
  const { told, quantitiesText, dimensionsText } = texts
  const text = `${told}\n${project}\n${person}\n${provider}\n${quantitiesText}\n${dimensionsText}`
  return hash('sha256', text, 'hex').slice(0, 32)
}

export function join(one: Standing, other: Standing): Standing {
  if (one.final !== other.final) return one.final ? one : other
  let floor = greatest(one.floor, other.floor)
  const parts = new Map(one.parts)
  for (const [name, part] of other.parts) {
    const mine = one.parts.get(name)
    const isGreater = !mine || isAbove(part.at, mine.at)
    if (isGreater) parts.set(name, part)
    if (mine && mine.value !== part.value && isHard(name)) floor = greatest(floor, isGreater ? mine.at : part.at)
  }
  if (floor) for (const [name, { at }] of parts) if (!isAbove(at, floor)) parts.delete(name)
  return { final: one.final, top: greatest(one.top, other.top) as Stamp, floor, parts }
}

const isHard = (name: string): boolean => name.startsWith('is ') || name.startsWith('quantity ')

const isAbove = (one: Stamp, other: Stamp): boolean => (one[0] === other[0] ? one[1] > other[1] : one[0] > other[0])

function greatest(one: Stamp | null, other: Stamp | null): Stamp | null {
  if (!one || !other) return one ?? other
  return isAbove(other, one) ? other : one
}

/** One version, or what was kept of several. */
export function standingOf(content: Content, measuredAt: number, kept: Kept | null): Standing {
  const top: Stamp = [measuredAt, kept?.words ?? wordsOf(content)]
  const parts = new Map<string, Part>()
  for (const [name, value] of partsOf(content)) parts.set(name, { value, at: kept?.parts[name] ?? top })
  return { final: content.final, top, floor: kept?.floor ?? null, parts }
}

/** Whether a version that comes is greater than all that stands, and says something of it otherwise. */
export function corrects(incoming: Standing, standing: Standing): boolean {
  if (incoming.final !== standing.final) return incoming.final
  if (!isAbove(incoming.top, standing.top)) return false
  return [...incoming.parts].some(([name, { value }]) => (standing.parts.get(name)?.value ?? value) !== value)
}

/** Null where the greatest version tells it all. */
export function keptOf({ top, floor, parts }: Standing, content: Content): Kept | null {
  const others = [...parts].filter(([, { at }]) => at[0] !== top[0] || at[1] !== top[1])
  const words = top[1]
  if (!floor && others.length === 0 && words === wordsOf(content)) return null
  return { words, floor, parts: Object.fromEntries(others.map(([name, { at }]) => [name, at])) }
}

/** What a standing says, put together again. */
export function contentOf({ final, parts }: Standing): Content {
  const told = (name: string): string => (parts.get(name) as Part).value
  const all = (kind: string) =>
    Object.fromEntries(
      [...parts]
        .flatMap(([name, { value }]) => (name.startsWith(kind) ? [[name.slice(kind.length), value] as const] : []))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  return {
    service: told('is service'),
    subtype: told('is subtype'),
    startsAt: Number(told('is startsAt')),
    endsAt: Number(told('is endsAt')),
    final,
    quantities: all('quantity '),
    dimensions: all('dimension '),
    project: told('project'),
    person: parts.get('person')?.value ?? null,
    provider: told('provider'),
  }
}

function* partsOf(content: Content): Generator<readonly [name: string, value: string]> {
  const { service, subtype, startsAt, endsAt, quantities, dimensions, project, person, provider } = content
  yield ['is service', service]
  yield ['is subtype', subtype]
  yield ['is startsAt', String(startsAt)]
  yield ['is endsAt', String(endsAt)]
  yield ['project', project]
  if (person !== null) yield ['person', person]
  yield ['provider', provider]
  for (const [name, value] of Object.entries(quantities)) yield [`quantity ${name}`, value]
  for (const [name, value] of Object.entries(dimensions)) yield [`dimension ${name}`, value]
}

function wordsOf({ service, subtype, startsAt, endsAt, quantities, dimensions }: Content): string {
  const text = JSON.stringify([service, subtype, startsAt, endsAt, sorted(quantities), sorted(dimensions)])
  return hash('sha256', text, 'hex').slice(0, 32)
}

const sorted = (values: Readonly<Record<string, string>>) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
