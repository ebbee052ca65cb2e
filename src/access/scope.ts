import { parseId, type UuidKind, uuidOf } from '../values/id.ts'
import type { Role } from './roles.ts'

const kinds: readonly UuidKind[] = ['organisation', 'project', 'person', 'provider']

/** The UUID behind an id of any party; undefined when the text is none. */
export function partyUuid(text: string): string | undefined {
  for (const kind of kinds) {
    const id = parseId(kind, text)
    if (id) return uuidOf(id)
  }
  return undefined
}

/** As a key keeps it: in one order, each once. */
export const partiesText = (parties: 'all' | readonly string[]): string =>
  parties === 'all' ? 'all' : [...new Set(parties)].sort().join(' ')

export const partiesOf = (text: string): 'all' | readonly string[] => (text === 'all' ? 'all' : text.split(' '))

const own = { provider: 'prv_', user: 'per_' } as const

/** Why a key of this role cannot be for these parties, as a phrase. */
export function partiesFault(role: Role, parties: 'all' | readonly string[]): string | undefined {
  if (role === 'provider' || role === 'user') {
    const prefix = own[role]
    if (parties === 'all' || !parties.some((id) => id.startsWith(prefix) || (role === 'user' && id.startsWith('prj_'))))
      return role === 'user'
        ? 'must name a person (per_…) or a project (prj_…): a key of role user is for somebody'
        : 'must name a provider (prv_…): a key of role provider is for one that earns'
  }
  if (parties === 'all') return undefined
  if (parties.length === 0 || parties.length > 100) return 'must be "all" or 1 to 100 ids of parties'
  const wrong = parties.find((id) => partyUuid(id) === undefined)
  return wrong === undefined ? undefined : `${wrong.slice(0, 80)} is no id of a party (org_…, prj_…, per_…, prv_…)`
}
