import type { Reader } from '../database/reader.ts'
import { numbered } from '../values/id.ts'
import { loadBook, usedVersions } from './commands.ts'
import type { PriceVersion } from './definition.ts'
import { scopeNames } from './file-commands.ts'
import { shownVersion } from './shown.ts'
import { type Standing, standing } from './standing.ts'

export type ReadBook = Awaited<ReturnType<typeof readBook>>
/** A version as doors tell it. */
export type ShownPrice = ReturnType<ReadBook['show']>

/** The book as far as somebody may read it: prices of parties beyond the scope are not there; null: all of it. */
export async function readBook(reader: Reader, scope: readonly string[] | null) {
  const { versions, revision } = await loadBook(reader)
  const [used, nameOf] = [await usedVersions(reader), await scopeNames(reader)]
  const isOpen = ({ scopeKind, scope: of }: PriceVersion) =>
    scopeKind === 'default' || scopeKind === 'tier' || scope === null || scope.includes(of)
  const show = ({ version, until, state }: Standing) => ({
    id: numbered('price', version.id) as string,
    ...shownVersion(version, nameOf),
    until: until === undefined ? null : new Date(until).toISOString(),
    state,
    used: used.has(version.id),
    bookRevision: version.book,
  })
  return { versions: standing(versions, Date.now()).filter(({ version }) => isOpen(version)), revision, show }
}

export const holdsNow = ({ state, version }: Standing): boolean => state === 'now' && version.definition !== null
