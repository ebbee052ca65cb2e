import { accept, type Outcome, refuse } from '../values/outcome.ts'
import { type Gathered, type GatheredName, memberKey, nameKey } from './gather.ts'
import { anySource, type Origin, type PartyKind, type Payment, unassigned } from './party.ts'
import type { Fault, SheetRefused } from './sheet.ts'

/** What the database knows, by name. */
export type Snapshot = {
  readonly organisations: ReadonlyMap<string, { readonly tier: string; readonly origin: Origin }>
  readonly projects: ReadonlyMap<
    string,
    { readonly organisation: string; readonly payment: Payment; readonly origin: Origin }
  >
  readonly people: ReadonlyMap<string, { readonly email: string | null; readonly origin: Origin }>
  readonly providers: ReadonlyMap<string, { readonly origin: Origin }>
  /** By `nameKey`: the name of the party that is meant. */
  readonly names: ReadonlyMap<string, string>
  /** By `memberKey`. */
  readonly members: ReadonlySet<string>
}

export type Field = { readonly field: string; readonly from: string; readonly to: string }
export type Change = {
  readonly kind: 'organisation' | PartyKind | 'name' | 'member'
  readonly name: string
  readonly added: boolean
  /** What changes from what to what; of something added, what it begins with. */
  readonly fields: readonly Field[]
}

/** Rows to write, by name; what is already so is not among them. */
export type ImportPlan = {
  readonly organisations: readonly { readonly name: string; readonly tier: string }[]
  readonly projects: readonly { readonly name: string; readonly organisation: string; readonly payment: Payment }[]
  readonly people: readonly { readonly name: string; readonly email: string | null }[]
  readonly providers: readonly { readonly name: string }[]
  readonly names: readonly GatheredName[]
  readonly members: readonly { readonly project: string; readonly person: string }[]
  readonly changes: readonly Change[]
  readonly unchanged: number
}

/** Compares what a file says with what is known. Nothing is ever removed by an import. */
export function planImport(gathered: Gathered, known: Snapshot): Outcome<ImportPlan, SheetRefused> {
  const names = planNames(gathered, known)
  if (!names.ok) return names
  const diff = new Diff()
  return accept({
    organisations: [...gathered.organisations].flatMap(([name, said]) => {
      const before = known.organisations.get(name)
      const row = { name, tier: said.tier ?? before?.tier ?? unassigned.tier }
      return diff.keep('organisation', row, before, ['tier'])
    }),
    projects: [...gathered.projects].flatMap(([name, said]) => {
      const before = known.projects.get(name)
      const row = { name, organisation: said.organisation, payment: said.payment ?? before?.payment ?? 'postpaid' }
      return diff.keep('project', row, before, ['organisation', 'payment'])
    }),
    people: [...gathered.people].flatMap(([name, said]) => {
      const before = known.people.get(name)
      return diff.keep('person', { name, email: said.email ?? before?.email ?? null }, before, ['email'])
    }),
    providers: [...gathered.providers].flatMap((name) =>
      diff.keep('provider', { name }, known.providers.get(name), []),
    ),
    names: names.value.filter((name) => diff.name(name, known.names.get(nameKey(name.kind, name.source, name.name)))),
    members: [...gathered.members.values()].filter(({ project, person }) =>
      diff.member(project, person, known.members.has(memberKey(project, person))),
    ),
    changes: diff.changes,
    unchanged: diff.unchanged,
  })
}

/** A name may pass to another party, but a party that somebody confirmed keeps its own. */
function planNames(gathered: Gathered, known: Snapshot): Outcome<readonly GatheredName[], SheetRefused> {
  const faults: Fault[] = []
  const parties = {
    project: [gathered.projects, known.projects],
    person: [gathered.people, known.people],
    provider: [gathered.providers, known.providers],
  } as const
  for (const { kind, source, name, party, line } of gathered.names.values()) {
    const owner = known.names.get(nameKey(kind, source, name))
    if (owner === undefined || owner === party || source !== anySource) continue
    const [inFile, inHouse] = parties[kind]
    if (name === party) {
      const message = `“${name}” is already another name of the ${kind} “${owner}”. Use that name, or give this one another.`
      faults.push({ line, column: kind, message })
    } else if (name === owner && (inFile.has(owner) || inHouse.get(owner)?.origin === 'import')) {
      const message = `“${name}” is the name of a ${kind} of its own. Write source=${name} for the source that means “${party}” by it.`
      faults.push({ line, column: `${kind}_names`, message })
    }
  }
  return faults.length > 0 ? refuse({ type: 'sheet-refused', faults }) : accept([...gathered.names.values()])
}

/** Collects what changes, for people to read before it is done. */
class Diff {
  readonly changes: Change[] = []
  unchanged = 0

  /** The row, when it is new or differs; else nothing. A party from usage is confirmed by being imported. */
  keep<Row extends { readonly name: string }, Known extends { readonly origin: Origin }>(
    kind: Change['kind'],
    row: Row,
    before: Known | undefined,
    fields: readonly (keyof Row & keyof Known & string)[],
  ): Row[] {
    const text = (value: unknown) => (typeof value === 'string' ? value : '')
    const changed: Field[] = fields
      .map((field) => ({ field, from: text(before?.[field]), to: text(row[field]) }))
      .filter(({ from, to }) => from !== to)
    if (before?.origin === 'usage') changed.push({ field: 'origin', from: 'usage', to: 'import' })
    return this.#note(kind, row.name, before === undefined, changed) ? [row] : []
  }

  name({ kind, source, name, party }: GatheredName, before: string | undefined): boolean {
    if (before === party) return false
    // That a new party is called by its own name goes without saying.
    if (name === party && source === anySource && before === undefined) return true
    return this.#note('name', `${source}=${name}`, before === undefined, [
      { field: kind, from: before ?? '', to: party },
    ])
  }

  member(project: string, person: string, known: boolean): boolean {
    if (known) return false
    return this.#note('member', person, true, [{ field: 'project', from: '', to: project }])
  }

  #note(kind: Change['kind'], name: string, added: boolean, fields: readonly Field[]): boolean {
    if (!added && fields.length === 0) {
      this.unchanged += 1
      return false
    }
    this.changes.push({ kind, name, added, fields })
    return true
  }
}
