import { numbered } from '../values/id.ts'
import { partiesOf } from './scope.ts'
import type { KeyRow } from './sql.ts'

/** A key as people and programs see it, on paper and over HTTP. */
export const shownKey = (row: KeyRow) => ({
  id: numbered('key', row.id),
  name: row.name,
  prefix: row.prefix,
  principal: row.principal,
  role: row.role,
  parties: partiesOf(row.parties) as 'all' | string[],
  createdAt: row.at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
  usedAt: row.used_at?.toISOString() ?? null,
})
