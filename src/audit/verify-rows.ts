import { strict as assert } from 'node:assert'
import { createHash, type Hash } from 'node:crypto'
import type { PoolClient } from 'pg'
import { copyOut } from '../database/copy.ts'
import type { Database } from '../database/database.ts'
import type { SealedTable } from '../database/writer.ts'
import { type Check, Faults } from './check.ts'
import * as sql from './sql.ts'
import { looking } from '../database/transaction.ts'

/** What a table holds of one operation. */
type Found = { readonly operation: number; readonly rows: number; readonly sha256: string }

/** So many operations are read ahead of the comparison; a table of bulk rows has far fewer. */
const aheadMax = 10_000

/**
 * Compares a table with what its operations said they wrote: two streams, both by rising operation, so that memory
 * grows with neither. Numbers of operations stay exact below 2^43.
 */
export function checkRows(database: Database, table: SealedTable): Promise<Check> {
  assert(/^[a-z_]+\.[a-z_]+$/.test(table.name))
  return looking(database, (client) =>
    looking(database, async (other) => {
      await share(client, other)
      await client.query(`set local work_mem = '64MB'`)
      const faults = new Faults()
      let rows = 0
      const expected = expectations(other, table.name)
      let wanted = await expected.next()
      for await (const found of foundIn(client, table)) {
        rows += found.rows
        while (!wanted.done && wanted.value.operation < found.operation) {
          faults.add(`operation ${wanted.value.operation}: its ${wanted.value.rows} rows are missing`)
          wanted = await expected.next()
        }
        if (wanted.done || wanted.value.operation !== found.operation) {
          faults.add(`operation ${found.operation} wrote nothing here, and ${found.rows} rows name it`)
          continue
        }
        compare(wanted.value, found, faults)
        wanted = await expected.next()
      }
      for (; !wanted.done; wanted = await expected.next()) {
        faults.add(`operation ${wanted.value.operation}: its ${wanted.value.rows} rows are missing`)
      }
      return faults.check(`${table.name} holds what its operations wrote`, `${rows} rows`)
    }),
  )
}

function compare(wanted: Found, found: Found, faults: Faults): void {
  if (wanted.rows !== found.rows) {
    faults.add(`operation ${wanted.operation} wrote ${wanted.rows} rows, and ${found.rows} are here`)
  } else if (wanted.sha256 !== found.sha256) {
    faults.add(`operation ${wanted.operation}: its rows were changed`)
  }
}

/** Both connections see the books of one moment. */
async function share(client: PoolClient, other: PoolClient): Promise<void> {
  const { rows } = await client.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot')
  await other.query(`set transaction snapshot '${rows[0]?.snapshot}'`)
}

async function* expectations(client: PoolClient, table: string): AsyncGenerator<Found> {
  await sql.declareExpected(client, table)
  for (;;) {
    const fetched = await sql.fetchExpected(client)
    if (fetched.length === 0) return
    for (const { id, rows, sha256 } of fetched) yield { operation: Number(id), rows: Number(rows), sha256 }
  }
}

async function* foundIn(client: PoolClient, table: SealedTable): AsyncGenerator<Found> {
  const ready: Found[] = []
  let wake = (): void => {}
  let resume: (() => void) | undefined
  let ended = false
  let abandoned = false
  const folded = new Fold((found) => ready.push(found))
  const done = copyOut(client, sql.copyRows(table), (line) => {
    if (abandoned) return undefined
    folded.take(line)
    if (ready.length === 0) return undefined
    wake()
    if (ready.length < aheadMax || resume) return undefined
    return new Promise<void>((resolve) => (resume = resolve))
  }).finally(() => {
    folded.end()
    ended = true
    wake()
  })
  // Whoever waits below hears of a failure at the end.
  done.catch(() => {})
  try {
    while (!ended || ready.length > 0) {
      if (ready.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      yield* ready.splice(0)
      resume?.()
      resume = undefined
    }
    await done
  } finally {
    // Whoever stops early leaves rows under way, and the connection must come to their end.
    abandoned = true
    resume?.()
  }
}

/** Folds rows into one digest per operation. */
class Fold {
  private readonly give: (found: Found) => void
  private operation = ''
  private rows = 0
  private hash: Hash = createHash('sha256')

  constructor(give: (found: Found) => void) {
    this.give = give
  }

  take(line: Buffer): void {
    const tab = line.indexOf(9)
    const operation = line.toString('latin1', 0, tab)
    if (operation !== this.operation) {
      this.end()
      this.operation = operation
    }
    this.rows += 1
    this.hash.update(line.subarray(tab + 1))
  }

  end(): void {
    if (this.rows > 0)
      this.give({ operation: Number(this.operation), rows: this.rows, sha256: this.hash.digest('hex') })
    this.rows = 0
    this.hash = createHash('sha256')
  }
}
