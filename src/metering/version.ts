import { hash } from 'node:crypto'
import type { Fact } from './fact.ts'

/**
 * Which of several versions of one thing used stands. Sources say things again: the same dump twice, a running
 * job that has ended, a record corrected after it was final. Whatever the order of arrival, the same version wins:
 *
 *   nothing known ──────────────────────────▶ first
 *   says nothing new ───────────────────────▶ seen
 *   knows all of the other, and more ───────▶ newer
 *   greater (final, measuredAt, digest) ────▶ newer, else older
 */
export type Verdict = 'seen' | 'newer' | 'older'

/** What a version says, without when it was measured and in which words. */
export type Content = Told & Parties
type Told = Pick<Fact, 'service' | 'subtype' | 'startsAt' | 'endsAt' | 'final' | 'quantities' | 'dimensions'>
type Parties = { readonly project: string; readonly person: string | null; readonly provider: string }

export type Standing = { readonly final: boolean; readonly measuredAt: number; readonly digest: string }

/** 128 bits of SHA-256, in hex: the same content gives the same digest, from whatever format it was read. */
export function contentDigest(fact: Told, parties: Parties, texts: Texts): string {
  const { service, subtype, startsAt, endsAt, final } = fact
  const { project, person, provider } = parties
  const text =
    `${service}\n${subtype}\n${startsAt}\n${endsAt}\n${final}\n${project}\n${person}\n${provider}\n` +
    `${texts.quantities}\n${texts.dimensions}`
  return hash('sha256', text, 'hex').slice(0, 32)
}

/** Quantities and dimensions as JSON, made once for the digest and for the row. */
export type Texts = { readonly quantities: string; readonly dimensions: string }

export const textsOf = ({ quantities, dimensions }: Pick<Fact, 'quantities' | 'dimensions'>): Texts => ({
  quantities: JSON.stringify(quantities),
  dimensions: JSON.stringify(dimensions),
})

export function compare(
  incoming: Standing & { readonly content: Content },
  standing: Standing & { readonly content: Content },
): Verdict {
  if (incoming.digest === standing.digest || tellsOnly(incoming.content, standing.content)) return 'seen'
  if (tellsOnly(standing.content, incoming.content)) return 'newer'
  return orderOf(incoming, standing) > 0 ? 'newer' : 'older'
}

function orderOf(a: Standing, b: Standing): number {
  if (a.final !== b.final) return a.final ? 1 : -1
  if (a.measuredAt !== b.measuredAt) return a.measuredAt - b.measuredAt
  return a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0
}

/** True when everything that `some` says stands in `all` as well: one format knows less than another. */
function tellsOnly(some: Content, all: Content): boolean {
  return (
    some.service === all.service &&
    some.subtype === all.subtype &&
    some.startsAt === all.startsAt &&
    some.endsAt === all.endsAt &&
    some.final === all.final &&
    some.project === all.project &&
    some.provider === all.provider &&
    (some.person === null || some.person === all.person) &&
    within(some.quantities, all.quantities) &&
    within(some.dimensions, all.dimensions)
  )
}

function within(some: Readonly<Record<string, string>>, all: Readonly<Record<string, string>>): boolean {
  for (const key in some) if (some[key] !== all[key]) return false
  return true
}
