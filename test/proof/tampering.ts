import { write } from '../../src/audit/testing.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { bookkeeping, dropConstraints, keepAll } from '../../src/proof/testing.ts'

export type Books = Awaited<ReturnType<typeof openBooks>>

/** Books that whoever has the database's password can change: constraints keep out mistakes, not malice. */
export async function openBooks() {
  const site = await bookkeeping()
  const kept = await keepAll(site.house)
  await dropConstraints(site.house)
  const faults = async (): Promise<string> => {
    const checks = await Array.fromAsync(proveBooks(site.house))
    return checks.flatMap(({ ok, detail }) => (ok ? [] : [detail])).join('\n')
  }
  return {
    site,
    faults,
    /** What is told after a change of these tables, which is then undone. */
    async faultsAfter(tables: readonly string[], change: string): Promise<string> {
      try {
        await write(site.house, change)
        return await faults()
      } finally {
        await kept.restore(tables)
      }
    },
  }
}
