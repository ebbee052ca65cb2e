import type { Reader } from '../database/reader.ts'
import { everMeant } from '../parties/commands.ts'
import type { KnownFact } from './draft.ts'
import type { RecordRow } from './sql.ts'

type Again<Told> = { readonly record: Told; readonly standing: RecordRow }

const named = {
  project: ({ fact }: KnownFact) => fact.projectName,
  person: ({ fact }: KnownFact) => fact.personName,
  provider: ({ fact }: KnownFact) => fact.providerName,
} as const
const kinds = ['project', 'person', 'provider'] as const

/**
 * Those that name, by names which mean somebody else since, whom the version names that stands: as they were meant when
 * that was written down. A name that was given to somebody else counts for what is told from then on; what was told
 * before and is said again says nothing new. What a person was called is not known any more once it was erased.
 */
export async function namedAsBefore<Told extends KnownFact>(
  reader: Reader,
  all: readonly Again<Told>[],
): Promise<ReadonlyMap<Told, KnownFact>> {
  const settled = new Map<Told, KnownFact>()
  for (const kind of kinds) {
    const others = all.filter(({ record, standing }) => differs(record[kind], standing[kind]))
    for (const [source, alike] of Map.groupBy(others, ({ record }) => record.fact.source)) {
      const names = alike.map(({ record }) => named[kind](record)).filter((name) => name !== null)
      const isMeant = await everMeant(reader, kind, source, [...new Set(names)])
      for (const { record, standing } of alike) {
        const party = standing[kind] as string
        const isErased = kind === 'person' && standing.raw === null
        if (!isErased && !isMeant(named[kind](record) as string, party)) continue
        const { fact, project, person, provider } = settled.get(record) ?? record
        settled.set(record, { fact, project, person, provider, [kind]: party })
      }
    }
  }
  return settled
}

const differs = (told: string | null, standing: string | null) =>
  told !== null && standing !== null && told !== standing
