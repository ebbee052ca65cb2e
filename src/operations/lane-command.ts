import type { Reader } from '../database/reader.ts'
import type { BinaryRows } from '../database/copy-binary.ts'
import type { SealedTable, Writer } from '../database/writer.ts'
import type { Problem } from '../http/problem.ts'
import type { Answered, Call } from './alone.ts'

/** What one operation of a batch is given to write with. */
export class Turn {
  readonly operation: bigint
  /** The one clock of the batch, epoch milliseconds. */
  readonly at: number
  readonly rows: Row[] = []
  readonly #takeId: (() => bigint) | undefined
  #next: bigint

  /** Where the operation has a Writer, its ids come from there. */
  constructor(operation: bigint, at: number, takeId?: () => bigint) {
    this.operation = operation
    this.at = at
    this.#takeId = takeId
    this.#next = operation << 20n
  }

  nextId(): bigint {
    return this.#takeId ? this.#takeId() : this.#next++
  }

  /**
   * A row that this operation answers for; its line is asked for as it goes out, for the digest, and then it is written
   * in the binary format where the table knows how. Rows of one table come by rising id.
   */
  add(table: SealedTable, line: () => string, write?: (out: BinaryRows) => void): void {
    this.rows.push({ table, line, write })
  }
}

export type Row = {
  readonly table: SealedTable
  readonly line: () => string
  readonly write: ((out: BinaryRows) => void) | undefined
}

/**
 * A plan is data and one step that takes it over into the state; until then nothing has changed. Its answer is made text
 * when all plans have run, while the database is at work: it may be made then as well (`toJSON`), of what it knows.
 */
export type Decided =
  | { readonly ok: true; readonly answer: unknown; readonly status?: number; apply(turn: Turn): void }
  | { readonly ok: false; readonly problem: Problem }

/** A command of the money path: what it must see, and one pure rule. */
export type LaneCommand<Want, State> = {
  readonly wants: Want
  decide(state: State, turn: Turn): Decided
}

/** An operation that the books themselves find due: a reservation ran out, credits expired. */
export type Due<State> = {
  readonly key: string
  readonly command: string
  readonly input: unknown
  decide(state: State, turn: Turn): Decided
}

/** What was found due concerns more than was locked: the batch begins anew, and locks this as well. */
export class MoreWanted<Want> extends Error {
  readonly wants: readonly Want[]

  constructor(wants: readonly Want[]) {
    super('more is concerned than was locked')
    this.wants = wants
  }
}

/** What a lane works on, handed in by the program: how it is read under locks, and how it is written. */
export type Books<Want, State> = {
  /** Looks up what never changes and is not remembered, before anything is locked; nothing to wait for when all is. */
  resolve(reader: Reader, wants: readonly Want[]): Promise<void> | undefined
  /**
   * Locks what the commands want, in one order for everybody, and begins to read the rest in later statements. They are
   * put off: they go out with the next one of the batch.
   */
  lock(writer: Writer, wants: readonly Want[]): Promise<State>
  /** No entry of these books may be earlier: epoch milliseconds. */
  notBefore(state: State): number
  /** Reads what depends on what was locked; answers what is due at this moment. Throws MoreWanted. */
  load(writer: Writer, state: State, wants: readonly Want[], at: number): Promise<readonly Due<State>[]>
  /** Whether there is something to write that no operation answers for: notes of the books themselves. */
  hasNotes(state: State): boolean
  /** Told when a batch is committed for certain, before anybody is answered. */
  committed?(state: State): void
  /** Writes what the plans changed and posted, put off as far as it can be; rows that belong to an operation are added to its turn. */
  write(writer: Writer, state: State, at: number): Promise<void>
}

/** How a command is asked for: only tried, and by whom nobody waits for any more. */
export type Options = { readonly dryRun?: boolean; readonly isGone?: () => boolean }

/** What a command reads besides, under the locks: it tells the state, or whoever asked for it. */
export type Look<State> = (reader: Reader, state: State) => Promise<void>

/** A command on its way through the lane. */
export class Entry<Want, State> {
  readonly call: Call
  readonly digest: string
  readonly command: LaneCommand<Want, State>
  readonly #options: Options
  readonly since = performance.now()
  readonly keyText: string
  readonly answered: Promise<Answered>
  isDone = false
  #resolve!: (answer: Answered) => void
  #reject!: (error: unknown) => void

  constructor(call: Call, digest: string, command: LaneCommand<Want, State>, options: Options) {
    this.call = call
    this.keyText = `${call.principal}\0${call.key}`
    this.digest = digest
    this.command = command
    this.#options = options
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get dryRun(): boolean {
    return this.#options.dryRun === true
  }

  /** Asked while it waits: whoever has given up is dropped. */
  get isGone(): boolean {
    return this.#options.isGone?.() === true
  }

  answer(answer: Answered): void {
    this.isDone = true
    this.#resolve(answer)
  }

  fail(error: unknown): void {
    this.isDone = true
    this.#reject(error)
  }
}
