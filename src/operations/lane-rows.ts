import { hash } from 'node:crypto'
import { queueRows, type SealedTable, sendRows, type Writer } from '../database/writer.ts'
import { failPoint } from './fail-point.ts'
import type { House } from './house.ts'
import type { Turn } from './lane-command.ts'
import { type Operation, operationLine } from './operation.ts'
import * as sql from './sql.ts'

/** An operation before its rows went out, and so before their digests are known. */
export type Decision = Omit<Operation, 'digests'>
type Done = { readonly operation: Decision; readonly turn: Turn }

/**
 * The rows that operations answer for, then the operations themselves with the digests of those rows, and the commit
 * behind them: the database waits for nobody in between.
 */
export async function commitOperations(
  house: House,
  writer: Writer,
  done: readonly Done[],
  onMade: () => void,
): Promise<void> {
  const digests = new Map<Turn, string>()
  for (const table of tablesOf(done)) {
    queueRows(writer, `${table.name} (${table.columns.join(', ')})`, linesOf(done, table, digests), same)
  }
  queueRows(writer, sql.operationsTarget, byKey(done), ({ operation, turn }) =>
    operationLine(house.keys.seal, operation, `{${digests.get(turn) ?? ''}}`),
  )
  // What the socket takes goes out before this returns.
  const sent = sendRows(writer, [sql.commit])
  onMade()
  await sent
}

const same = (line: string): string => line

/** By name, as an operation tells them. */
function tablesOf(done: readonly Done[]): SealedTable[] {
  const tables = new Set<SealedTable>()
  for (const { turn } of done) for (const { table } of turn.rows) tables.add(table)
  return [...tables].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Made as they go out, so that the database works on the first while the last are made. */
function* linesOf(done: readonly Done[], table: SealedTable, digests: Map<Turn, string>): Generator<string> {
  for (const { turn } of done) {
    let text = ''
    let rows = 0
    for (const row of turn.rows) {
      if (row.table !== table) continue
      const line = row.line()
      text += `${line}\n`
      rows += 1
      yield line
    }
    if (rows === 0) continue
    const digest = `"${table.name}":{"rows":${rows},"sha256":"${hash('sha256', text, 'hex')}"}`
    const others = digests.get(turn)
    digests.set(turn, others === undefined ? digest : `${others},${digest}`)
  }
}

/** In order of their unique key, so that two batches with the same keys never wait for each other in a circle. */
function* byKey(done: readonly Done[]): Generator<Done> {
  failPoint('lane.rows')
  yield* [...done].sort((a, b) => compare(a.operation, b.operation))
  failPoint('lane.before-commit')
}

function compare(a: Decision, b: Decision): number {
  if (a.principal !== b.principal) return a.principal < b.principal ? -1 : 1
  return a.key < b.key ? -1 : 1
}
