import type { Client, PoolClient, Submittable } from 'pg'

type Connection = {
  query(text: string): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
  readonly stream: {
    readonly writableNeedDrain: boolean
    readonly destroyed: boolean
    write(frame: Buffer): boolean
    once(event: 'drain' | 'close', listener: () => void): void
    off(event: 'drain' | 'close', listener: () => void): void
    pause(): void
    resume(): void
  }
}

/**
 * COPY, spoken to pg's connection itself. A failure rejects with the server's own error (its constraint name
 * kept), and the connection stays in step, so that the transaction can be rolled back on it.
 */
abstract class Copy {
  /** Of each statement. */
  readonly rowCounts: number[] = []
  failure: Error | undefined
  protected readonly text: string
  private resolve!: (rowCounts: readonly number[]) => void
  private reject!: (error: Error) => void
  readonly done: Promise<readonly number[]>

  constructor(text: string) {
    this.text = text
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  submit(connection: unknown): void {
    ;(connection as Connection).query(this.text)
  }

  /** pg puts its timeout here. */
  callback(): void {}

  handleError(error: Error): void {
    // Where the rows could not be made, the server only says that it was told so.
    this.failure ??= error
    this.reject(this.failure)
  }

  handleCommandComplete(message: { text: string }): void {
    this.rowCounts.push(Number(/^COPY (\d+)/.exec(message.text)?.[1] ?? 0))
  }

  handleReadyForQuery(): void {
    if (this.failure) this.reject(this.failure)
    else this.resolve(this.rowCounts)
  }
}

/** Bytes that a frame keeps free before its rows, for the head of a CopyData message. */
export const frameHead = 5

export function headed(frame: Buffer): Buffer {
  frame[0] = 100
  // The length counts itself, but not the kind before it.
  frame.writeInt32BE(frame.length - 1, 1)
  return frame
}

/** Rows for one table: the statement, and frames of whole lines. */
export type Rows = { readonly text: string; readonly frames: Iterable<Buffer> }

class CopyIn extends Copy {
  private readonly tables: readonly Rows[]

  constructor(tables: readonly Rows[]) {
    super(tables.map(({ text }) => text).join(';'))
    this.tables = tables
  }

  /**
   * Everything goes out without waiting for the server to ask for it, so that it never waits for rows. It reads in order,
   * and after an error ignores the rest, which is part of the protocol.
   */
  override submit(connection: unknown): void {
    super.submit(connection)
    void this.send(connection as Connection)
  }

  handleCopyInResponse(): void {}

  private async send(connection: Connection): Promise<void> {
    try {
      for (const { frames } of this.tables) {
        for (const frame of frames) {
          // The server answered with an error already: whatever comes now belongs to the next statement.
          if (this.failure || connection.stream.destroyed) return
          // Not by pg, which copies each chunk to put its head before it.
          connection.stream.write(headed(frame))
          if (connection.stream.writableNeedDrain) await drained(connection.stream)
        }
        if (this.failure || connection.stream.destroyed) return
        connection.endCopyFrom()
      }
    } catch (error) {
      this.failure = error as Error
      connection.sendCopyFail('the rows could not be made')
    }
  }
}

/** Takes one row with its line end, valid during the call only; a promise holds the server up until it is kept. */
export type TakeLine = (line: Buffer) => Promise<void> | undefined

class CopyOut extends Copy {
  private readonly take: TakeLine

  constructor(text: string, take: TakeLine) {
    super(text)
    this.take = take
  }

  /** Takes each row before the next is read, so that memory does not grow with the table. */
  handleCopyData(message: { chunk: Buffer }, connection: Connection): void {
    if (this.failure) return
    try {
      const wait = this.take(message.chunk)
      if (!wait) return
      connection.stream.pause()
      void wait.finally(() => connection.stream.resume())
    } catch (error) {
      this.failure = error as Error
    }
  }
}

export function drained(stream: Pick<Connection['stream'], 'once' | 'off'>): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off('drain', go)
      stream.off('close', go)
      resolve()
    }
    stream.once('drain', go)
    stream.once('close', go)
  })
}

/**
 * Sends rows to `COPY … from stdin`, one table after the other; a frame is whole lines with their ends behind `frameHead`
 * free bytes, and belongs to the connection from then on. Answers how many rows each table took.
 */
export function copyIn(client: Client | PoolClient, tables: readonly Rows[]): Promise<readonly number[]> {
  return client.query(new CopyIn(tables) as Copy & Submittable).done
}

/** Reads `COPY … to stdout` row by row. Answers how many rows. */
export async function copyOut(client: Client | PoolClient, text: string, take: TakeLine): Promise<number> {
  const [rows = 0] = await client.query(new CopyOut(text, take) as Copy & Submittable).done
  return rows
}
