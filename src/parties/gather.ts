import { accept, type Outcome, refuse } from '../values/outcome.ts'
import { anySource, type PartyKind, type Payment } from './party.ts'
import type { Fault, SheetName, SheetRefused, SheetRow } from './sheet.ts'

export type GatheredName = SheetName & { readonly party: string; readonly line: number }

/** The parties that a file speaks of, each once. What the file does not say of one is undefined. */
export type Gathered = {
  readonly organisations: ReadonlyMap<string, { readonly tier?: string }>
  readonly projects: ReadonlyMap<string, { readonly organisation: string; readonly payment?: Payment }>
  readonly people: ReadonlyMap<string, { readonly email?: string }>
  readonly providers: ReadonlySet<string>
  /** By `nameKey`; every party is called by its own name. */
  readonly names: ReadonlyMap<string, GatheredName>
  readonly members: ReadonlyMap<string, { readonly project: string; readonly person: string }>
}

export const nameKey = (kind: PartyKind, source: string, name: string): string => `${kind}\0${source}\0${name}`
export const memberKey = (project: string, person: string): string => `${project}\0${person}`

/** A party may stand on many lines, as long as they do not contradict each other. */
export function gather(rows: readonly SheetRow[]): Outcome<Gathered, SheetRefused> {
  const faults: Fault[] = []
  const organisations = new Claims(faults)
  const projects = new Claims(faults)
  const people = new Claims(faults)
  const providers = new Set<string>()
  const names = new Map<string, GatheredName>()
  const members = new Map<string, { project: string; person: string }>()

  for (const { line, organisation, tier, project, payment, person, email, provider, names: others } of rows) {
    if (organisation) organisations.claim(line, organisation, { tier })
    if (project) projects.claim(line, project, { organisation, payment })
    if (person) people.claim(line, person, { email })
    if (provider) providers.add(provider)
    if (project && person) members.set(memberKey(project, person), { project, person })
    const party = { project, person, provider }
    for (const kind of ['project', 'person', 'provider'] as const) {
      const own = party[kind]
      if (!own) continue
      const all = [{ kind, source: anySource, name: own }, ...others.filter((other) => other.kind === kind)]
      for (const name of all) claimName(names, { ...name, party: own, line }, faults)
    }
  }
  if (faults.length > 0) return refuse({ type: 'sheet-refused', faults })
  return accept({
    organisations: organisations.all,
    // An organisation is claimed with every project, and a payment was checked when the row was read.
    projects: projects.all as unknown as Gathered['projects'],
    people: people.all,
    providers,
    names,
    members,
  })
}

function claimName(names: Map<string, GatheredName>, claimed: GatheredName, faults: Fault[]): void {
  const { kind, source, name, party, line } = claimed
  const before = names.get(nameKey(kind, source, name))
  if (!before) {
    names.set(nameKey(kind, source, name), claimed)
  } else if (before.party !== party) {
    const where = source === anySource ? '' : ` of ${source}`
    const message = `“${name}”${where} stands for “${before.party}” in line ${before.line} and for “${party}” here. Remove one, or write source=name.`
    faults.push({ line, column: `${kind}_names`, message })
  }
}

/** What was said of each name, with the line that said it first. */
class Claims {
  readonly all = new Map<string, Record<string, string>>()
  readonly #lines = new Map<string, number>()
  readonly #faults: Fault[]

  constructor(faults: Fault[]) {
    this.#faults = faults
  }

  claim(line: number, name: string, said: Readonly<Record<string, string | undefined>>): void {
    const known = this.all.get(name) ?? {}
    this.all.set(name, known)
    for (const [column, value] of Object.entries(said)) {
      if (value === undefined) continue
      const before = known[column]
      if (before === undefined) {
        known[column] = value
        this.#lines.set(`${name}\0${column}`, line)
      } else if (before !== value) {
        const first = this.#lines.get(`${name}\0${column}`)
        const message = `“${name}” has “${before}” in line ${first} and “${value}” here. Keep one of the two.`
        this.#faults.push({ line, column, message })
      }
    }
  }
}
