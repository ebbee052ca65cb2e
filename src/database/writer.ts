import { strict as assert } from 'node:assert'
import { createHash, type Hash } from 'node:crypto'
import type { PoolClient } from 'pg'
import { copyIn, frameHead, type Rows } from './copy.ts'
import { BinaryRows } from './copy-binary.ts'
import { Pipeline } from './pipeline.ts'
import { later, type Reader, type Statement, statement } from './reader.ts'

declare const brand: unique symbol

/** The right to change something: one operation's transaction. Only `operations` hands it out. */
export type Writer = Reader & {
  readonly [brand]: 'writer'
  readonly operation: bigint
  /** The one clock of the transaction. */
  readonly at: Date
  /** The next id for a row of this operation, whatever its table: ids tell their operation, and rise with it. */
  nextId(): bigint
}

/**
 * A table whose rows an operation answers for: what it appends there is digested, and verify reads it back. Among
 * the columns are `operation` and `id`; rows are appended by rising id. What stands beside the seal, so that it can be
 * erased, is in columns of its own, and a digest of it among the others.
 */
export type SealedTable = {
  readonly name: string
  readonly columns: readonly string[]
  readonly beside?: readonly string[]
}

/** What one operation wrote to one table. */
export type RowsDigest = { readonly rows: number; readonly sha256: string }

/** An id is its operation times this, plus the place of the row in it. */
const rowsMax = 1n << 20n

type State = {
  client: PoolClient | Pipeline
  open: boolean
  ids: bigint
  digests: Map<string, { rows: number; hash: Hash }>
  queued: (Rows & { readonly sent: Sent })[]
  putOff: Promise<unknown>[]
}
const states = new WeakMap<Writer, State>()

/** For `operations` alone. */
export function newWriter(client: PoolClient | Pipeline, operation: bigint, at: Date): Writer {
  const state: State = { client, open: true, ids: 0n, digests: new Map(), queued: [], putOff: [] }
  const writer = {
    operation,
    at,
    query: (config: Statement) => stateOf(writer).client.query(config),
    later: (config: Statement) => later(stateOf(writer).client, config),
    nextId: () => {
      assert(state.ids < rowsMax, 'one operation writes too many rows')
      return operation * rowsMax + state.ids++
    },
  } as unknown as Writer
  states.set(writer, state)
  return writer
}

/** What the operation wrote, and the end of the Writer: later writes by it are bugs. */
export function closeWriter(writer: Writer): Map<string, RowsDigest> {
  const state = stateOf(writer)
  assert(state.queued.length === 0, 'rows that were queued have been sent')
  state.open = false
  return new Map([...state.digests].map(([name, { rows, hash }]) => [name, { rows, sha256: hash.digest('hex') }]))
}

function stateOf(writer: Writer): State {
  const state = states.get(writer)
  assert(state, 'no Writer of an operation')
  assert(state.open, 'the operation of this Writer has ended')
  return state
}

/** Runs a statement that changes rows; answers how many. */
export async function execute(writer: Writer, text: string, values?: readonly unknown[], name?: string) {
  const result = await writer.query(statement(text, values, name))
  return result.rowCount ?? 0
}

/**
 * Runs a statement that nobody waits for: where statements go out together, it goes with the next one, and whoever sends
 * rows or commits hears of its failure.
 */
export async function executeLater(writer: Writer, text: string, values: readonly unknown[], name: string) {
  const { client, putOff } = stateOf(writer)
  const done = later(writer, statement(text, values, name))
  if (client instanceof Pipeline) putOff.push(done)
  else await done
}

/** The same for one that changes so many rows, neither more nor fewer: the database itself looks. */
export async function changeExactly(
  writer: Writer,
  rows: number,
  text: string,
  values: readonly unknown[],
  name: string,
): Promise<void> {
  // A division by zero is how a statement says no.
  const counting = `with changed as (${text} returning 1)
    select 1 / (count(*) = $${values.length + 1}::bigint)::integer as as_many_as_expected from changed`
  await executeLater(writer, counting, [...values, rows], name)
}

/**
 * Appends rows; `line` is a row as COPY text (see copy-text.ts) without its line end. It is asked for as rows go out, so
 * that a page's text is never there as a whole.
 */
export async function append(writer: Writer, table: SealedTable, lines: Iterable<string>): Promise<void>
export async function append<Row>(
  writer: Writer,
  table: SealedTable,
  rows: Iterable<Row>,
  line: (row: Row) => string,
): Promise<void>
export async function append<Row>(
  writer: Writer,
  table: SealedTable,
  rows: Iterable<Row>,
  line: (row: Row) => string = String,
): Promise<void> {
  await appendFrames(writer, table, '', (sent) => framed(rows, line, sent))
}

/**
 * The same for rows that are many: `line` is only digested, and `write` puts the columns in the binary format, those
 * beside the seal behind the others.
 */
export async function appendBinary<Row>(
  writer: Writer,
  table: SealedTable,
  rows: Iterable<Row>,
  line: (row: Row) => string,
  write: (row: Row, out: BinaryRows) => void,
): Promise<void> {
  await appendFrames(writer, table, ' (format binary)', (sent) => framedSealed(rows, line, write, sent))
}

type Sealing = { rows: number; readonly hash: Hash }

async function appendFrames(
  writer: Writer,
  table: SealedTable,
  format: string,
  framesOf: (sent: Sealing) => Generator<Buffer>,
): Promise<void> {
  const { client, digests } = stateOf(writer)
  let digest = digests.get(table.name)
  const sent: Sealing = { rows: 0, hash: digest?.hash ?? createHash('sha256') }
  const frames = framesOf(sent)
  const first = frames.next()
  if (first.done) return
  if (!digest) digests.set(table.name, (digest = { rows: 0, hash: sent.hash }))
  const text = `copy ${table.name} (${[...table.columns, ...(table.beside ?? [])].join(', ')}) from stdin${format}`
  const [written = 0] = await copied(client, [{ text, frames: after(first.value, frames) }])
  assert(written === sent.rows, `${written} rows were written to ${table.name}, not ${sent.rows}`)
  digest.rows += written
}

/**
 * Queues rows that later operations change, and that no operation answers for, until `sendRows`: nothing is digested.
 */
export function queueRows<Row>(
  writer: Writer,
  tableAndColumns: string,
  rows: Iterable<Row>,
  line: (row: Row) => string,
): void {
  const sent = { rows: 0, hash: undefined }
  const text = `copy ${tableAndColumns} from stdin`
  stateOf(writer).queued.push({ text, frames: framed(rows, line, sent), sent })
}

/** The same in the binary format: `write` puts each row's columns behind the others, in their order. */
export function queueBinary<Row>(
  writer: Writer,
  tableAndColumns: string,
  rows: Iterable<Row>,
  write: (row: Row, out: BinaryRows) => void,
): void {
  const sent = { rows: 0, hash: undefined }
  const text = `copy ${tableAndColumns} from stdin (format binary)`
  stateOf(writer).queued.push({ text, frames: framedBinary(rows, write, sent), sent })
}

/**
 * Sends the rows that were queued, in their order, without waiting for one table before the next, and `behind` them
 * what is run when they are there.
 */
export async function sendRows(writer: Writer, behind: readonly Statement[] = []): Promise<void> {
  const { client, queued, putOff } = stateOf(writer)
  const tables = queued.splice(0)
  if (tables.length === 0) return
  const [written] = await Promise.all([copied(client, tables, behind), ...putOff.splice(0)])
  for (const [place, { text, sent }] of tables.entries()) {
    assert(written[place] === sent.rows, `${written[place]} rows were written by ${text}, not ${sent.rows}`)
  }
}

async function copied(client: PoolClient | Pipeline, tables: readonly Rows[], behind: readonly Statement[] = []) {
  if (client instanceof Pipeline) return await client.copyIn(tables, behind)
  const written = await copyIn(client, tables)
  for (const each of behind) await client.query(each)
  return written
}

function* after(first: Buffer, rest: Generator<Buffer>): Generator<Buffer> {
  yield first
  yield* rest
}

type Sent = { rows: number; readonly hash: Hash | undefined }

const frameBytes = 64 * 1024
/** Most batches have a few rows for a table, and need no more. */
const firstBytes = 8 * 1024

/** Rows as frames of whole lines. Each line is written straight into its frame: joined first, it would be copied twice. */
function* framed<Row>(rows: Iterable<Row>, line: (row: Row) => string, sent: Sent): Generator<Buffer> {
  let frame = Buffer.allocUnsafe(firstBytes)
  let end = frameHead
  for (const row of rows) {
    const text = line(row)
    // A character takes three bytes at the most; what lies beyond the basic plane is two characters, of four in all.
    const most = text.length * 3 + 1
    if (end + most > frame.length) {
      if (end > frameHead) yield taken(frame.subarray(0, end), sent)
      end = frameHead
      // The last one may be on its way still, so each frame is a buffer of its own.
      frame = Buffer.allocUnsafe(Math.max(frameBytes, frameHead + most))
    }
    end += frame.write(text, end)
    frame[end++] = 10
    sent.rows += 1
  }
  if (end > frameHead) yield taken(frame.subarray(0, end), sent)
}

function* framedBinary<Row>(rows: Iterable<Row>, write: (row: Row, out: BinaryRows) => void, sent: Sent) {
  const out = new BinaryRows()
  for (const row of rows) {
    write(row, out)
    sent.rows += 1
    yield* out.taken()
  }
  yield out.last()
}

function taken(frame: Buffer, { hash }: Sent): Buffer {
  hash?.update(frame.subarray(frameHead))
  return frame
}

/** Rows in the binary format, and their lines gathered for the digest; of no rows there is no frame. */
function* framedSealed<Row>(
  rows: Iterable<Row>,
  line: (row: Row) => string,
  write: (row: Row, out: BinaryRows) => void,
  sent: Sealing,
): Generator<Buffer> {
  const out = new BinaryRows()
  let sealed = Buffer.allocUnsafe(firstBytes)
  let end = 0
  for (const row of rows) {
    const text = line(row)
    const most = text.length * 3 + 1
    if (end + most > sealed.length) {
      sent.hash.update(sealed.subarray(0, end))
      end = 0
      if (most > sealed.length || sealed.length < frameBytes) sealed = Buffer.allocUnsafe(Math.max(frameBytes, most))
    }
    end += sealed.write(text, end)
    sealed[end++] = 10
    write(row, out)
    sent.rows += 1
    yield* out.taken()
  }
  if (sent.rows === 0) return
  sent.hash.update(sealed.subarray(0, end))
  yield out.last()
}
