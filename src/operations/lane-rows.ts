import { hash } from 'node:crypto'
import type { BinaryRows } from '../database/copy-binary.ts'
import { queueBinary, queueRows, type SealedTable, sendRows, type Writer } from '../database/writer.ts'
import { failPoint } from './fail-point.ts'
import type { House } from './house.ts'
import type { Row, Turn } from './lane-command.ts'
import { type Operation, writeOperation } from './operation.ts'
import * as sql from './sql.ts'

/** An operation before its rows went out, and so before their digests are known and its answer is made text. */
export type Decision = Omit<Operation, 'digests' | 'answer'> & { readonly told: unknown; answer?: string }
type Done = { readonly operation: Decision; readonly turn: Turn }

/** As text, once: while the database is at work on the rows. */
export const answerOf = (operation: Decision): string => (operation.answer ??= JSON.stringify(operation.told))

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
  for (const [table, isBinary] of tablesOf(done)) {
    const target = `${table.name} (${table.columns.join(', ')})`
    if (isBinary) queueBinary(writer, target, rowsOf(done, table, digests, whole), writeRow)
    else queueRows(writer, target, rowsOf(done, table, digests, lineOf), same)
  }
  queueBinary(writer, sql.operationsTarget, byKey(done), ({ operation, turn }, out) =>
    writeOperation(house.keys.seal, operation, answerOf(operation), `{${digests.get(turn) ?? ''}}`, out),
  )
  // What the socket takes goes out before this returns.
  const sent = sendRows(writer, [sql.commit])
  onMade()
  await sent
}

const same = (line: string): string => line
const lineOf = (_: Row, line: string): string => line
const whole = (row: Row): Row => row
const writeRow = ({ write }: Row, out: BinaryRows): void => write?.(out)

/** By name, as an operation tells them; and whether all rows of one can be written in the binary format. */
function tablesOf(done: readonly Done[]): [SealedTable, boolean][] {
  const tables = new Map<SealedTable, boolean>()
  for (const { turn } of done) {
    for (const { table, write } of turn.rows) {
      if (write === undefined) tables.set(table, false)
      else if (!tables.has(table)) tables.set(table, true)
    }
  }
  return [...tables].sort(([a], [b]) => (a.name < b.name ? -1 : 1))
}

/** Made as they go out, so that the database works on the first while the last are made. */
function* rowsOf<Taken>(
  done: readonly Done[],
  table: SealedTable,
  digests: Map<Turn, string>,
  take: (row: Row, line: string) => Taken,
): Generator<Taken> {
  for (const { turn } of done) {
    let text = ''
    let rows = 0
    for (const row of turn.rows) {
      if (row.table !== table) continue
      const line = row.line()
      text += `${line}\n`
      rows += 1
      yield take(row, line)
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
