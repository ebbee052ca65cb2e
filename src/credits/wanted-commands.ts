import { afterOf, limitOf, numberPart } from '../http/paging.ts'
import type { Principal } from '../http/principal.ts'
import type { Directory } from '../parties/directory-commands.ts'

/** What a list was asked for, as its statement takes it. */
export async function wantedOf(
  principal: Principal,
  directory: Directory,
  query: {
    readonly payer?: string
    readonly currency?: string
    readonly cursor?: string
    readonly limit?: number
  },
) {
  return {
    // The projects of its organisations and people are among the parties of a principal.
    scope: principal.parties === 'all' ? null : [...principal.parties],
    payer: query.payer === undefined ? null : (await directory.payerFor(principal, query.payer)).id,
    currency: query.currency ?? null,
    after: afterOf(query, numberPart)?.[0] ?? null,
    limit: limitOf(query),
  }
}
