import type { Reader } from '../database/reader.ts'
import { askedFor } from '../operations/history.ts'
import { nanosFrom } from '../values/money.ts'
import { refundsSince } from './refund/sql.ts'

const day = 86_400_000

/** What a principal gave back to somebody within a day, by the keys that it asked with. */
export async function refundedLately(reader: Reader, principal: string, payer: string, currency: string) {
  const found = await refundsSince(reader, payer, currency, new Date(Date.now() - day))
  const asked = await askedFor(
    reader,
    found.map(({ operation }) => BigInt(operation)),
  )
  return found.flatMap(({ operation, amount }) => {
    const by = asked.get(operation)
    // Jobs that are told otherwise give back as well: nobody decided that.
    const isDecided = by?.principal === principal && by.command === 'credits.refund'
    return isDecided ? [{ key: by.key, nanos: nanosFrom(amount) }] : []
  })
}
