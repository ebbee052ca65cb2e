import type { AccountShelf } from './open.ts'
import * as sql from './sql.ts'

/** Accounts change only under the locks of their wallets. */
export const accountShelf: AccountShelf = {
  read: async (reader, ids) => new Map((await sql.accountsById(reader, ids)).map((account) => [account.id, account])),
  async write(writer, accounts) {
    // The last word of a batch on each: one may be changed twice in it.
    const last = [...new Map(accounts.map((account) => [account.id, account])).values()]
    const gone = last.filter(({ isGone }) => isGone).map(({ id }) => id)
    const kept = last.filter(({ isGone }) => !isGone)
    if (gone.length > 0) await sql.deleteAccounts(writer, gone)
    if (kept.length > 0) await sql.putAccounts(writer, kept)
    await sql.raiseRevision(writer)
  },
}
