import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { requireMatch } from '../http/etag.ts'
import { Problem } from '../http/problem.ts'
import { alone, aloneStored, type Nothing, nothing } from '../operations/alone.ts'
import { inputDigest } from '../operations/canonical.ts'
import type { House } from '../operations/house.ts'
import { lettingGo } from '../operations/trial.ts'
import { Refusal } from '../values/refusal.ts'
import type { PriceVersion } from './definition.ts'
import { type Change, planPrices, type Wanted } from './plan.ts'
import type { Entry, FileMistake } from './price-file.ts'
import * as sql from './sql.ts'

export { versionsTable } from './sql.ts'

/** The UUID of a party by its name; undefined when there is none. */
export type ScopeLookup = (kind: 'organisation' | 'project' | 'person', name: string) => string | undefined

export type StoredBook = { readonly versions: readonly PriceVersion[]; readonly revision: number }

/** All versions, also those that were replaced, and the revision they make up. */
export async function loadBook(reader: Reader): Promise<StoredBook> {
  // The revision first: a version that comes in between is then loaded without being counted, never the reverse.
  const revision = await sql.revision(reader)
  const versions = (await sql.versions(reader)).map(versionOf).filter((version) => version.book <= revision)
  return { versions, revision }
}

const versionOf = ({ scope_kind: scopeKind, valid_from: validFrom, ...row }: sql.VersionRow): PriceVersion => ({
  ...row,
  id: BigInt(row.id),
  book: Number(row.book),
  scopeKind,
  validFrom: Number(validFrom),
})

/** The book's revision, kept as it is until the operation ends. */
export const shareBook = (writer: Writer): Promise<number> => lettingGo(writer, () => sql.share(writer))

/** From now on these versions never change. */
export async function markUsed(writer: Writer, versions: Iterable<bigint>): Promise<void> {
  await markUsedBy(writer, new Map([...versions].map((version) => [version, writer.operation])))
}

/** The same for several operations that commit together: which of them used each version first. */
export async function markUsedBy(writer: Writer, uses: ReadonlyMap<bigint, bigint>): Promise<void> {
  const sorted = [...uses].sort(([a], [b]) => (a < b ? -1 : 1))
  if (sorted.length > 0) await lettingGo(writer, () => sql.insertUses(writer, sorted))
}

/** The versions that have priced something. */
export async function usedVersions(reader: Reader): Promise<ReadonlySet<bigint>> {
  return new Set((await sql.used(reader)).map(({ version }) => BigInt(version)))
}

/** Puts UUIDs in the place of names; a name that nobody has is a mistake in the file. */
export function scoped(entries: readonly Entry[], lookup: ScopeLookup): { wanted: Wanted[]; mistakes: FileMistake[] } {
  const wanted: Wanted[] = []
  const mistakes: FileMistake[] = []
  for (const entry of entries) {
    const { scopeKind, scope, line, column } = entry
    const scopeId = scopeKind === 'default' || scopeKind === 'tier' ? scope : lookup(scopeKind, scope)
    if (scopeId !== undefined) wanted.push({ ...entry, scopeId })
    else
      mistakes.push({
        line,
        column,
        message: `there is no ${scopeKind} ${scope}: import it first (bursar parties import)`,
      })
  }
  return { wanted, mistakes }
}

/** What setting these prices would change. Writes nothing. */
export async function previewPrices(house: House, wanted: readonly Wanted[]) {
  const { versions } = await loadBook(house.database.pool)
  return planPrices(wanted, versions, await usedVersions(house.database.pool), house.zone)
}

export type PricesSet = { readonly revision: number; readonly versions: readonly string[] }

/**
 * Makes the book say what the entries say, all of it or nothing. Undefined when it says so already.
 *
 * @throws Refusal when a version would overlap, leave a gap, or change what has already priced usage.
 */
export async function setPrices(
  house: House,
  call: { readonly principal: string },
  wanted: readonly Wanted[],
): Promise<PricesSet | undefined> {
  // The book decides what the entries change, so the same file is another operation once the book is another.
  const input = { book: await sql.revision(house.database.pool), entries: wanted.map(inputOf) }
  const key = `prices.set ${input.book} ${inputDigest('prices.set', input)}`
  return await alone(house, { ...call, key, command: 'prices.set', input }, writing(house, wanted, refusalOf))
}

export type PricesCall = {
  readonly principal: string
  readonly key: string
  /** What the caller sent: the same again under its key is the same operation. */
  readonly input: unknown
  /** The revision of the book that the caller looked at; any other refuses. */
  readonly book?: number | undefined
}

/**
 * The same under the caller's own key. Undefined when the book says so already.
 *
 * @throws Problem `price-invalid`, `precondition-failed`
 */
export const setPricesOnce = (house: House, { book, ...call }: PricesCall, wanted: readonly Wanted[]) =>
  aloneStored(house, { ...call, command: 'prices.set' }, writing(house, wanted, priceProblem, book))

const writing =
  (house: House, wanted: readonly Wanted[], refuse: (mistakes: readonly FileMistake[]) => Error, expected?: number) =>
  async (writer: Writer): Promise<PricesSet | Nothing> => {
    const revision = await sql.raiseRevision(writer)
    if (expected !== undefined) requireMatch(bookTag(expected), bookTag(revision - 1))
    const { versions } = await loadBook(writer)
    const { changes, mistakes } = planPrices(wanted, versions, await usedVersions(writer), house.zone)
    if (mistakes.length > 0) throw refuse(mistakes)
    if (changes.length === 0) return nothing

    const added = changes.map((change) => ({ ...change.version, id: writer.nextId(), book: revision }))
    await sql.insertVersions(writer, added)
    return { revision, versions: added.map(({ id }) => `prc_${id}`) }
  }

/** What a caller sends as If-Match to say which book it looked at. */
export const bookTag = (revision: number): string => `"book-${revision}"`

/** All mistakes at once, each with its place, for callers over HTTP. */
export const priceProblem = (mistakes: readonly FileMistake[]): Problem =>
  new Problem('price-invalid', { mistakes: mistakes.slice(0, 50) })

const inputOf = ({ scope: _name, line: _line, column: _column, from, to, ...entry }: Wanted) => ({
  ...entry,
  from: new Date(from).toISOString(),
  to: to === undefined ? null : new Date(to).toISOString(),
})

/** All mistakes at once, each with its place. */
export function refusalOf(mistakes: readonly FileMistake[], file = 'the price file'): Refusal {
  const lines = mistakes.map(({ line, column, message, pointed }) => {
    const indented = pointed?.split('\n').map((text) => `\n    ${text}`)
    return `${file}:${line}:${column}: ${message}${indented?.join('') ?? ''}`
  })
  return new Refusal(lines.join('\n'), 'Nothing was written. Correct the file, then: bursar prices check FILE')
}

export type { Change, FileMistake }
