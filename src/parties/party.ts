import type { Meanings } from '../values/words.ts'

export type Payment = 'prepaid' | 'postpaid'
/** Imported by the operator, or met first in usage and not confirmed since. */
export type Origin = 'import' | 'usage'
export type PartyKind = 'project' | 'person' | 'provider'

/** A project and who pays for it: what pricing and charging need to know. Ids are UUIDs. */
export type ProjectParty = {
  readonly project: string
  readonly name: string
  readonly organisation: string
  readonly organisationName: string
  readonly tier: string
  readonly payment: Payment
}

/** Those that pay from their wallets. */
export function prepaidOf(parties: Iterable<ProjectParty>): ReadonlySet<string> {
  const prepaid = new Set<string>()
  for (const { project, payment } of parties) if (payment === 'prepaid') prepaid.add(project)
  return prepaid
}

/** The names that one source uses. */
export type WantedNames = {
  readonly source: string
  readonly projects: readonly string[]
  readonly people: readonly string[]
  readonly providers: readonly string[]
}

/** A name that is not in its map is unknown: it was to be quarantined, or `nameFault` says why it cannot be a name. */
export type ResolvedNames = {
  readonly projects: Meanings<ProjectParty>
  /** Name to UUID. */
  readonly people: Meanings<string>
  readonly providers: Meanings<string>
}

export type UnknownParties = 'create' | 'quarantine'

/** Where projects stand that usage brought along, until an import says whose they are. */
export const unassigned = { name: 'unassigned', tier: 'default' } as const

/** In parties.names: what every source means that has no name of its own. */
export const anySource = '*'

/** Why the text can be no source of names, as a phrase: sources carry the name of their door. */
export function sourceFault(source: string): string | undefined {
  const fault = nameFault(source)
  if (fault !== undefined || source === anySource || /^[a-z][a-z0-9-]*:./.test(source)) return fault
  return (
    `is no source: write api:${source} for usage that is sent as “${source}”, slurm:CLUSTER for jobs, ` +
    'jwt:ISSUER for a login, or * for anywhere'
  )
}

const nameLengthMax = 200

/** Why the text can be nobody's name, as a phrase; undefined when it can. */
export function nameFault(name: string): string | undefined {
  if (name.trim() === '') return 'is empty'
  if (name.includes('\0')) return 'holds a NUL byte'
  if (!name.isWellFormed()) return 'is not valid Unicode'
  // Wherever a name or an id is taken, it would be taken for the id.
  if (/^(org|prj|per|prv)_[0-9a-f]{32}$/.test(name)) return 'reads as an id: choose another name'
  if ([...name].length > nameLengthMax) return `is longer than ${nameLengthMax} characters`
  return undefined
}
