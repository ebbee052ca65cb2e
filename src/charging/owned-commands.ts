import type { Reader } from '../database/reader.ts'
import type { Principal } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import { ownersStanding } from '../metering/commands.ts'
import type { PartyKind } from '../parties/party.ts'
import { partiesNamed, scopeOf } from '../parties/scope-commands.ts'
import { idTaken, mayCorrect, takenMessage } from './owners.ts'
import type { Read } from './usage.ts'

/** What a principal may record. */
export type Owned = {
  /** Whose records it may correct, by UUID; undefined: everybody's. */
  readonly own: ReadonlySet<string> | undefined
  /** What is not kept, with the reason: it is of others, or nobody can say of whom. */
  readonly refused: ReadonlyMap<Read, string>
}

/**
 * Whoever may touch some parties only records usage of those projects, or by those providers. What is of others is
 * answered as if their project were not there, and stops nothing beside it; one record alone is refused.
 *
 * @throws Problem `not-found`, `request-invalid`
 */
export async function ownedOf(reader: Reader, principal: Principal, read: readonly Read[]): Promise<Owned> {
  const scope = await scopeOf(reader, principal)
  const refused = new Map<Read, string>()
  if (scope === null) return { own: undefined, refused }
  const own = new Set(scope)
  for (const [source, alike] of Map.groupBy(read, ({ from }) => from.source)) {
    const projects = await namedIn(reader, 'project', source, alike)
    const providers = await namedIn(reader, 'provider', source, alike)
    for (const one of alike) {
      const { from, names, reason } = one
      // It names nobody for sure, so it is not kept for a site that is not the caller's.
      if (!names) refused.set(one, `${reason ?? ''}; it is not kept: mend it and send it again`)
      else if (
        ![projects.get(names.project), providers.get(names.provider)].some((id) => id !== undefined && own.has(id))
      )
        refused.set(one, strange(principal, one, from.field === 'body'))
    }
  }
  await refuseTaken(reader, own, read, refused)
  return { own, refused }
}

async function namedIn(
  reader: Reader,
  kind: PartyKind & ('project' | 'provider'),
  source: string,
  read: readonly Read[],
) {
  const names = new Set(read.flatMap(({ names }) => names?.[kind] ?? []))
  return names.size === 0 ? new Map<string, string>() : await partiesNamed(reader, kind, source, [...names])
}

/** Why a record is nobody's whom the principal may touch; the same whether the others are there or not. */
function strange({ role }: Principal, { from, names }: Read, isAlone: boolean): string {
  const { usage } = from
  const isNameless = role === 'provider' && usage?.provider === undefined
  const field = isNameless ? 'provider' : 'project'
  const message = isNameless
    ? `is missing: without it “${names?.provider}” is meant, as the source is called, and that is none of yours`
    : `there is no project “${usage?.project}”`
  if (!isAlone) return isNameless ? `${field} ${message}` : `${field}: ${message}`
  throw new Problem(isNameless ? 'request-invalid' : 'not-found', {
    issues: [{ field: `${from.field}.${field}`, message }],
  })
}

/** Sources have one set of ids for everybody: who may use one must not correct what others said under it. */
async function refuseTaken(
  reader: Reader,
  own: ReadonlySet<string>,
  read: readonly Read[],
  refused: Map<Read, string>,
): Promise<void> {
  const said = read.flatMap((one) => (one.fact && !refused.has(one) ? [{ one, fact: one.fact }] : []))
  const names = said.map(({ fact: { source, externalId } }) => ({ source, externalId }))
  for (const { place, ...standing } of await ownersStanding(reader, names)) {
    if (mayCorrect(own, standing)) continue
    const { one } = said[place - 1] as (typeof said)[number]
    const { id, field } = one.from
    if (field === 'body') throw idTaken(id, 'body.id')
    refused.set(one, `id ${takenMessage(id)}`)
  }
}
