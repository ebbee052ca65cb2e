import { strict as assert } from 'node:assert'
import type { PoolClient, Submittable } from 'pg'
import { drained, headed, type Rows } from './copy.ts'
import { textArrayOf } from './copy-text.ts'
import { type Reader, type Statement, statement } from './reader.ts'

type Field = { readonly name: string; readonly dataTypeID: Parameters<PoolClient['getTypeParser']>[0] }
type Parsed = { readonly name: string; readonly parse: (text: string) => unknown }
type Result = { rows: unknown[]; rowCount: number | null }

type Stream = {
  readonly writable: boolean
  readonly writableNeedDrain: boolean
  readonly destroyed: boolean
  write(bytes: Buffer): boolean
  once(event: 'drain' | 'close', listener: () => void): void
  off(event: 'drain' | 'close', listener: () => void): void
}

type Connection = {
  readonly parsedStatements: Record<string, string>
  readonly stream: Stream
  close(what: { type: 'S'; name: string }): void
  parse(what: { text: string; name: string | undefined }): void
  bind(what: {
    statement: string | undefined
    values: unknown[] | undefined
    valueMapper: (value: unknown) => unknown
  }): void
  describe(what: { type: 'P'; name: string }): void
  execute(what: { portal: string }): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
  sync(): void
}

/** Each write wakes the server, which costs more than a copy: what a batch of a few operations says fits into one. */
const together = 32 * 1024

/** What pg's connection writes, gathered before it goes out. */
class Outgoing {
  readonly writable = true
  readonly #stream: Stream
  #waiting: Buffer[] = []
  #bytes = 0

  constructor(stream: Stream) {
    this.#stream = stream
  }

  write(bytes: Buffer): boolean {
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes >= together) this.send()
    return true
  }

  send(): void {
    const [first] = this.#waiting
    if (first && this.#stream.writable)
      this.#stream.write(this.#waiting.length === 1 ? first : Buffer.concat(this.#waiting, this.#bytes))
    this.#waiting = []
    this.#bytes = 0
  }
}

/** One statement on its way, and whoever waits for it. */
class Part {
  readonly statement: Statement
  readonly frames: Rows['frames'] | undefined
  readonly rows: unknown[] = []
  rowCount: number | null = null
  readonly done: Promise<Result>
  resolve!: (result: Result) => void
  reject!: (error: Error) => void

  constructor(statement: Statement, frames?: Rows['frames']) {
    this.statement = statement
    this.frames = frames
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Whoever asked for several may wait for one of them only.
    this.done.catch(() => {})
  }
}

/**
 * Statements of one connection that go out together: the server runs them one after the other without waiting for this
 * process, each with a snapshot of its own, as if they had come one by one. After one that fails, the rest of them is
 * not run, and whoever asked for any of them hears of that failure.
 */
export class Pipeline implements Reader {
  readonly #client: PoolClient
  /** What named statements answer with, so that it is asked once. */
  readonly #fields = new Map<string, readonly Parsed[]>()
  readonly #copies = new Map<string, string>()
  #gathered: Part[] = []

  constructor(client: PoolClient) {
    this.#client = client
  }

  /** Goes out at once, behind what was gathered. */
  query(statement: Statement): Promise<Result> {
    const { done } = this.#gather(new Part(statement))
    this.send()
    return done
  }

  /** Goes out with the next one that does, at the latest when the event loop comes round. */
  later(statement: Statement): Promise<Result> {
    return this.#gather(new Part(statement)).done
  }

  /** As `copyIn` of a client, and behind the rows statements that are run when these are there. */
  async copyIn(tables: readonly Rows[], behind: readonly Statement[] = []): Promise<readonly number[]> {
    const parts = tables.map(({ text, frames }) =>
      this.#gather(new Part(statement(text, undefined, this.#nameOf(text)), frames)),
    )
    for (const each of behind) this.#gather(new Part(each))
    this.send()
    return (await Promise.all(parts.map(({ done }) => done))).map(({ rowCount }) => rowCount ?? 0)
  }

  release(broken?: Error): void {
    this.#client.release(broken)
  }

  /** The text itself is longer than a name may be. */
  #nameOf(copy: string): string {
    let name = this.#copies.get(copy)
    if (name === undefined) this.#copies.set(copy, (name = `copy_${this.#copies.size}`))
    return name
  }

  #gather(part: Part): Part {
    if (this.#gathered.push(part) === 1) setImmediate(() => this.send())
    return part
  }

  /** What was put off goes out now. */
  send(): void {
    const parts = this.#gathered
    if (parts.length === 0) return
    this.#gathered = []
    this.#client.query(new Exchange(this.#client, parts, this.#fields) as Exchange & Submittable)
  }
}

/** Several statements and one Sync, spoken to pg's connection itself. */
class Exchange {
  readonly #client: PoolClient
  readonly #parts: readonly Part[]
  readonly #fields: Map<string, readonly Parsed[]>
  #parsed: Record<string, string> = {}
  #place = 0
  #failure: Error | undefined

  constructor(client: PoolClient, parts: readonly Part[], fields: Map<string, readonly Parsed[]>) {
    this.#client = client
    this.#parts = parts
    this.#fields = fields
  }

  /** pg puts its timeout here. */
  callback(): void {}

  submit(connection: unknown): void {
    this.#parsed = (connection as Connection).parsedStatements
    void this.#send(connection as Connection)
  }

  async #send(connection: Connection): Promise<void> {
    const { stream } = connection
    const outgoing = new Outgoing(stream)
    const wire = Object.create(connection, { stream: { value: outgoing } }) as Connection
    try {
      for (const { statement, frames } of this.#parts) {
        if (this.#isOver(stream)) break
        this.#ask(wire, statement)
        if (frames) await this.#sendRows(wire, stream, frames)
      }
    } catch (error) {
      this.#failure ??= error as Error
      wire.sendCopyFail('the rows could not be made')
    }
    wire.sync()
    outgoing.send()
  }

  async #sendRows(wire: Connection, stream: Stream, frames: Rows['frames']): Promise<void> {
    for (const frame of frames) {
      if (this.#isOver(stream)) return
      wire.stream.write(headed(frame))
      if (stream.writableNeedDrain) await drained(stream)
    }
    wire.endCopyFrom()
  }

  /** The server answered with an error already, and ignores everything up to the Sync. */
  #isOver(stream: Connection['stream']): boolean {
    return this.#failure !== undefined || stream.destroyed
  }

  #ask(connection: Connection, { text, values, name }: Statement): void {
    if (name === undefined || this.#parsed[name] !== text) {
      // Where it was parsed in an exchange that failed, it may be there already.
      if (name !== undefined) connection.close({ type: 'S', name })
      connection.parse({ text, name })
    }
    connection.bind({ statement: name, values, valueMapper: parameterOf })
    if (name === undefined || !this.#fields.has(name)) connection.describe({ type: 'P', name: '' })
    connection.execute({ portal: '' })
  }

  handleRowDescription({ fields }: { fields: Field[] }): void {
    const { name } = this.#part().statement
    const parsed = fields.map((field) => ({ name: field.name, parse: this.#parserOf(field) }))
    this.#fields.set(name ?? '', parsed)
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const { statement, rows } = this.#part()
    const parsed = this.#fields.get(statement.name ?? '')
    assert(parsed, 'rows come with their description')
    const row: Record<string, unknown> = {}
    for (const [place, { name, parse }] of parsed.entries()) {
      const text = fields[place]
      row[name] = text == null ? null : parse(text)
    }
    rows.push(row)
  }

  handleCommandComplete({ text }: { text: string }): void {
    const part = this.#part()
    const { name, text: asked } = part.statement
    const count = /\d+$/.exec(text)
    part.rowCount = count ? Number(count[0]) : null
    if (name !== undefined) {
      this.#parsed[name] = asked
      // What answers no rows has none to describe.
      if (!this.#fields.has(name)) this.#fields.set(name, [])
    }
    this.#place += 1
  }

  handleCopyInResponse(): void {}

  handleEmptyQuery(): void {
    this.#place += 1
  }

  handleError(error: Error): void {
    // Where the rows could not be made, the server only says that it was told so.
    this.#failure ??= error
    for (const { reject } of this.#parts) reject(this.#failure)
  }

  handleReadyForQuery(): void {
    if (this.#failure) {
      this.handleError(this.#failure)
      return
    }
    for (const { resolve, rows, rowCount } of this.#parts) resolve({ rows, rowCount })
  }

  #part(): Part {
    const part = this.#parts[this.#place]
    assert(part, 'an answer belongs to a statement')
    return part
  }

  #parserOf({ dataTypeID }: Field): Parsed['parse'] {
    return this.#client.getTypeParser(dataTypeID, 'text')
  }
}

function parameterOf(value: unknown): string | Buffer | null {
  if (value == null) return null
  if (value instanceof Buffer) return value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return arrayText(value)
  if (typeof value === 'string') return value
  assert(typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
  return String(value)
}

/** As the driver writes arrays: what is nothing stays nothing, and times are told as times. */
function arrayText(values: readonly unknown[]): string {
  const parts = values.map((value) => {
    const part = parameterOf(value)
    if (part === null) return 'NULL'
    return textArrayOf([Buffer.isBuffer(part) ? `\\x${part.toString('hex')}` : part]).slice(1, -1)
  })
  return `{${parts.join(',')}}`
}
