import { hash } from 'node:crypto'
import type { Fact, FactTexts } from './fact.ts'

/**
 * Which of several versions of one thing used stands. Sources say things again: the same dump twice, a running
 * job that has ended, a record corrected after it was final. Whatever the order of arrival, the same version wins:
 *
 *   nothing known ────────────────────────────▶ first
 *   says nothing that is not known ───────────▶ seen
 *   contradicts nothing, and knows more ──────▶ more: the two are put together
 *   contradicts, greater by final, measuredAt,
 *   words ────────────────────────────────────▶ newer, else older
 *
 * Whom its names mean is settled before: see `again-commands.ts`.
 */
export type Verdict = 'seen' | 'more' | 'newer' | 'older'

/** What a version says, without when it was measured and in which words. */
export type Content = Told & Parties
type Told = Pick<Fact, 'service' | 'subtype' | 'startsAt' | 'endsAt' | 'final' | 'quantities' | 'dimensions'>
type Parties = { readonly project: string; readonly person: string | null; readonly provider: string }

export type Version = {
  readonly final: boolean
  readonly measuredAt: number
  readonly digest: string
  readonly content: Content
  /** In the words of the source; null where they were erased. */
  readonly raw: string | null
}

/** 128 bits of SHA-256, in hex: the same content gives the same digest, from whatever format it was read. */
export function contentDigest(texts: FactTexts, { project, person, provider }: Parties): string {
  const { told, quantitiesText, dimensionsText } = texts
  const text = `${told}\n${project}\n${person}\n${provider}\n${quantitiesText}\n${dimensionsText}`
  return hash('sha256', text, 'hex').slice(0, 32)
}

export function compare(incoming: Version, standing: Version): Verdict {
  if (incoming.digest === standing.digest) return 'seen'
  if (!agrees(incoming.content, standing.content)) return orderOf(incoming, standing) > 0 ? 'newer' : 'older'
  return tellsMore(incoming.content, standing.content) ? 'more' : 'seen'
}

/** All that two versions say which do not contradict each other, whichever came first. */
export function together<Known extends Pick<Content, 'quantities' | 'dimensions'>>(
  incoming: Known,
  standing: Pick<Content, 'quantities' | 'dimensions'>,
): Known {
  const quantities = sorted({ ...standing.quantities, ...incoming.quantities })
  return { ...incoming, quantities, dimensions: sorted({ ...standing.dimensions, ...incoming.dimensions }) }
}

const sorted = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Without the ids of parties: they are drawn by lot, and two houses that are told the same must keep the same. */
function orderOf(a: Version, b: Version): number {
  if (a.final !== b.final) return a.final ? 1 : -1
  if (a.measuredAt !== b.measuredAt) return a.measuredAt - b.measuredAt
  const [textOfA, textOfB] = [textOf(a.content), textOf(b.content)]
  if (textOfA !== textOfB) return textOfA < textOfB ? -1 : 1
  // Only the parties differ.
  if (a.raw === null || b.raw === null || a.raw === b.raw) return 0
  return a.raw < b.raw ? -1 : 1
}

const textOf = ({ service, subtype, startsAt, endsAt, quantities, dimensions }: Content): string =>
  JSON.stringify([service, subtype, startsAt, endsAt, quantities, dimensions])

/** True when both may be right: one format of a source knows what another does not. */
function agrees(one: Content, other: Content): boolean {
  return (
    one.service === other.service &&
    one.subtype === other.subtype &&
    one.startsAt === other.startsAt &&
    one.endsAt === other.endsAt &&
    one.final === other.final &&
    one.project === other.project &&
    one.provider === other.provider &&
    (one.person === null || other.person === null || one.person === other.person) &&
    agree(one.quantities, other.quantities) &&
    agree(one.dimensions, other.dimensions)
  )
}

type Values = Readonly<Record<string, string>>

function agree(one: Values, other: Values): boolean {
  for (const key in one) if (other[key] !== undefined && one[key] !== other[key]) return false
  return true
}

function tellsMore(incoming: Content, standing: Content): boolean {
  const adds = (some: Values, all: Values) => Object.keys(some).some((key) => all[key] === undefined)
  return (
    (incoming.person !== null && standing.person === null) ||
    adds(incoming.quantities, standing.quantities) ||
    adds(incoming.dimensions, standing.dimensions)
  )
}
