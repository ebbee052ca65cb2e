import type { Reader } from '../database/reader.ts'
import { askedFor } from '../operations/history.ts'
import { nanosFrom } from '../values/money.ts'
import { grantsSince } from './granting/sql.ts'

const day = 86_400_000

/** What a principal granted somebody within a day, by the keys that it asked with. */
export async function grantedLately(reader: Reader, principal: string, owner: string, currency: string) {
  const found = await grantsSince(reader, owner, currency, new Date(Date.now() - day))
  const asked = await askedFor(
    reader,
    found.map(({ operation }) => BigInt(operation)),
  )
  return found.flatMap(({ operation, amount }) => {
    const by = asked.get(operation)
    return by?.principal === principal ? [{ key: by.key, nanos: nanosFrom(amount) }] : []
  })
}
