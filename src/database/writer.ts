import { strict as assert } from 'node:assert'
import { createHash, type Hash } from 'node:crypto'
import type { PoolClient } from 'pg'
import { copyIn } from './copy.ts'
import { type Reader, statement } from './reader.ts'

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
 * the columns are `operation` and `id`; rows are appended by rising id.
 */
export type SealedTable = { readonly name: string; readonly columns: readonly string[] }

/** What one operation wrote to one table. */
export type RowsDigest = { readonly rows: number; readonly sha256: string }

/** An id is its operation times this, plus the place of the row in it. */
const rowsMax = 1n << 20n

type State = { client: PoolClient; open: boolean; ids: bigint; digests: Map<string, { rows: number; hash: Hash }> }
const states = new WeakMap<Writer, State>()

/** For `operations` alone. */
export function newWriter(client: PoolClient, operation: bigint, at: Date): Writer {
  const state: State = { client, open: true, ids: 0n, digests: new Map() }
  const writer = {
    operation,
    at,
    query: (config: Parameters<Reader['query']>[0]) => stateOf(writer).client.query(config),
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

/** Appends ready lines of COPY text (see copy-text.ts), without their line ends. They are asked for as they go out. */
export async function append(writer: Writer, table: SealedTable, lines: Iterable<string>): Promise<void> {
  const { client, digests } = stateOf(writer)
  let digest = digests.get(table.name)
  const sent = { lines: 0, hash: digest?.hash ?? createHash('sha256') }
  const chunks = chunked(lines, sent)
  const first = chunks.next()
  if (first.done) return
  if (!digest) digests.set(table.name, (digest = { rows: 0, hash: sent.hash }))
  const text = `copy ${table.name} (${table.columns.join(', ')}) from stdin`
  const rows = await copyIn(client, text, after(first.value, chunks))
  assert(rows === sent.lines, `${rows} rows were written to ${table.name}, not ${sent.lines}`)
  digest.rows += rows
}

/** The same for rows that later operations change, and that no operation answers for: nothing is digested. */
export async function copyRows(writer: Writer, tableAndColumns: string, lines: Iterable<string>): Promise<void> {
  const sent = { lines: 0, hash: undefined }
  const rows = await copyIn(stateOf(writer).client, `copy ${tableAndColumns} from stdin`, chunked(lines, sent))
  assert(rows === sent.lines, `${rows} rows were written to ${tableAndColumns}, not ${sent.lines}`)
}

/** One line of text for each row, made when it is asked for, so that a page's text is never there as a whole. */
export function* each<Row>(rows: Iterable<Row>, line: (row: Row) => string): Generator<string> {
  for (const row of rows) yield line(row)
}

function* after(first: Buffer, rest: Generator<Buffer>): Generator<Buffer> {
  yield first
  yield* rest
}

const chunkBytes = 64 * 1024

/** Lines as whole chunks. Each line is written straight into the chunk: joined first, it would be copied twice. */
function* chunked(
  lines: Iterable<string>,
  sent: { lines: number; readonly hash: Hash | undefined },
): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(chunkBytes)
  let end = 0
  for (const line of lines) {
    // A character takes three bytes at the most; what lies beyond the basic plane is two characters, of four in all.
    const most = line.length * 3 + 1
    if (end + most > chunk.length) {
      if (end > 0) yield taken(chunk.subarray(0, end), sent)
      end = 0
      // The last one may be on its way still, so each chunk is a buffer of its own.
      chunk = Buffer.allocUnsafe(Math.max(chunkBytes, most))
    }
    end += chunk.write(line, end)
    chunk[end++] = 10
    sent.lines += 1
  }
  if (end > 0) yield taken(chunk.subarray(0, end), sent)
}

function taken(chunk: Buffer, { hash }: { readonly hash: Hash | undefined }): Buffer {
  hash?.update(chunk)
  return chunk
}
