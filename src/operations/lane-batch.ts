import { strict as assert } from 'node:assert'
import type { Pipeline } from '../database/pipeline.ts'
import type { Reader } from '../database/reader.ts'
import { closeWriter, newWriter } from '../database/writer.ts'
import { isConnectionLost } from '../database/refusals.ts'
import { Problem } from '../http/problem.ts'
import type { Answered } from './alone.ts'
import { inputDigest } from './canonical.ts'
import { failPoint } from './fail-point.ts'
import type { House } from './house.ts'
import { type Books, type Decided, type Entry, MoreWanted, Turn } from './lane-command.ts'
import type { LaneConnection } from './lane-connection.ts'
import { LeftNoTrace } from './left-no-trace.ts'
import { answerOf as textOf, commitOperations, type Decision } from './lane-rows.ts'
import * as sql from './sql.ts'
import { noteWritten } from './alone.ts'

type Done<Want, State> = {
  readonly entry: Entry<Want, State> | undefined
  readonly operation: Decision
  readonly turn: Turn
}
type Answers<Want, State> = { readonly entry: Entry<Want, State>; readonly answer: Answered | Problem | Error }[]

/** What a batch works with, and what is waited for before it answers, and after each few answers. */
type Surroundings<Want, State> = {
  readonly house: House
  readonly connection: LaneConnection
  readonly books: Books<Want, State>
  beforeAnswers(): Promise<void>
  betweenAnswers(): Promise<unknown> | undefined
}

/**
 * One batch as one transaction. Whoever is answered is answered after the commit; on any failure nothing was kept, and
 * the error is thrown for the lane to try again or to halve. Answers how many were refused.
 *
 * Keys are nearly always new, so they are looked up beforehand only when the lane asks for care: what is accepted under
 * a key that was used breaks its constraint, and what is refused is looked up before it is told.
 */
export async function runBatch<Want, State>(
  batch: Surroundings<Want, State>,
  entries: readonly Entry<Want, State>[],
  careful: boolean,
  more: readonly Want[] = [],
): Promise<number> {
  const { house, connection, books } = batch
  let xid: string | undefined
  let committing = false
  let finish: (() => void) | undefined
  const answers: Answers<Want, State> = []
  const again: Entry<Want, State>[] = []
  try {
    const client = await connection.client()
    const wants = [...entries.map((entry) => entry.command.wants), ...more]
    const [state, stored, began] = await begin(client, books, wants, careful ? entries : [], entries.length)
    xid = began.xid
    const at = Math.max(began.at.getTime(), books.notBefore(state))
    const writer = newWriter(client, BigInt(began.ids[0] ?? 0), new Date(at))
    const due = await books.load(writer, state, wants, at)
    failPoint('lane.loaded')
    const ids = [...began.ids]
    if (due.length > 0) ids.unshift(...(await sql.moreIds(client, due.length)))
    const operations = new Plans<Want, State>(state, ids, { ...began, at })
    for (const each of due) operations.runDue(each)
    for (const entry of entries) {
      const before = stored?.get(entry.keyText)
      if (before) answers.push({ entry, answer: answerOf(before, entry) })
      else operations.run(entry, answers, again)
    }
    if (!careful) await answerStored(client, answers)
    if (operations.done.length > 0 || books.hasNotes(state)) {
      await books.write(writer, state, at)
      failPoint('lane.written')
      committing = true
      await commitOperations(house, writer, operations.done, () => connection.made())
      noteWritten(house)
      finish = () => {
        books.committed?.(state)
        for (const { entry, operation } of operations.done) {
          if (entry) answers.push({ entry, answer: answeredOf(operation) })
        }
      }
    } else await client.query({ text: 'rollback' })
    failPoint('lane.committed')
    closeWriter(writer)
  } catch (error) {
    if (error instanceof MoreWanted) {
      await connection.rollback(error)
      return await runBatch(batch, entries, careful, [...more, ...error.wants])
    }
    await afterFailure(connection, error, committing ? xid : undefined)
    // It was committed: asked again, everybody finds the stored answer.
    return await runBatch(batch, entries, true)
  }
  connection.made()
  // The next batch has the wallets now, and goes first.
  await batch.beforeAnswers()
  finish?.()
  const refused = await tellAll(answers, () => batch.betweenAnswers())
  // The same key twice in one batch: the second waited for the first, and now finds what became of it.
  return refused + (again.length > 0 ? await runBatch(batch, again, true) : 0)
}

/** All that is known beforehand goes out together: begin, locks, what is read behind them, clock and numbers. */
async function begin<Want, State>(
  client: Pipeline,
  books: Books<Want, State>,
  wants: readonly Want[],
  lookedUp: readonly Entry<Want, State>[],
  operations: number,
) {
  await books.resolve(client, wants)
  sql.beginBatch(client)
  const locker = newWriter(client, 0n, new Date(0))
  const locking = books.lock(locker, wants)
  const looking = lookedUp.length > 0 ? sql.findByKeys(client, lookedUp) : undefined
  // Behind the locks: of two batches, whoever has a wallet later has the greater numbers and the later time.
  const beginning = sql.beginMany(client, operations)
  client.send()
  failPoint('lane.begun')
  // The first of them that fails tells why; the others fail with it.
  const locked = await Promise.all([locking, looking, beginning])
  closeWriter(locker)
  failPoint('lane.locked')
  return locked
}

/** Returns only when the transaction of this number was committed all the same; else throws why it was not. */
async function afterFailure(connection: LaneConnection, error: unknown, xid: string | undefined): Promise<void> {
  if (!isConnectionLost(error) || xid === undefined) {
    await connection.rollback(error)
    throw isConnectionLost(error) ? new LeftNoTrace('the connection was lost', { cause: error }) : error
  }
  if (!(await connection.wasCommitted(xid, error as Error))) {
    throw new LeftNoTrace('the commit was lost', { cause: error })
  }
}

/** Others have their turn so often while a batch is answered, but not after each few answers. */
const turns = 8
const answersAtOnce = 4

/** Answers how many were refused. */
async function tellAll<Want, State>(
  answers: Answers<Want, State>,
  between: () => Promise<unknown> | undefined,
): Promise<number> {
  let refused = 0
  const few = Math.max(answersAtOnce, Math.ceil(answers.length / turns))
  for (const [place, { entry, answer }] of answers.entries()) {
    if (place > 0 && place % few === 0) await between()
    if (answer instanceof Error) {
      refused += 1
      entry.fail(answer)
    } else entry.answer(answer)
  }
  return refused
}

type Began = { readonly epoch: number; readonly xid: string; readonly at: number }

/** The plans of a batch, run one after the other against one state. */
class Plans<Want, State> {
  readonly done: Done<Want, State>[] = []
  readonly #state: State
  readonly #ids: string[]
  readonly #began: Began
  readonly #keys = new Set<string>()
  #used = 0

  constructor(state: State, ids: string[], began: Began) {
    this.#state = state
    this.#ids = ids
    this.#began = began
  }

  runDue(due: { key: string; command: string; input: unknown; decide(state: State, turn: Turn): Decided }): void {
    const turn = this.#turn()
    const decided = due.decide(this.#state, turn)
    if (!decided.ok) return
    decided.apply(turn)
    const { key, command, input } = due
    this.#keep(undefined, turn, decided, { principal: 'bursar', key, command }, inputDigest(command, input))
  }

  run(entry: Entry<Want, State>, answers: Answers<Want, State>, again: Entry<Want, State>[]): void {
    const { call, dryRun } = entry
    if (this.#keys.has(entry.keyText)) {
      again.push(entry)
      return
    }
    // What is only tried gets ids that are nobody's: those of operations begin at 2^20.
    const turn = dryRun ? new Turn(0n, this.#began.at) : this.#turn()
    let decided: Decided
    try {
      decided = entry.command.decide(this.#state, turn)
    } catch (error) {
      // A bug in one rule: it has changed nothing yet, so its neighbours go on.
      answers.push({ entry, answer: error as Error })
      return
    }
    if (!decided.ok) {
      answers.push({ entry, answer: decided.problem })
      return
    }
    if (dryRun) {
      const answer = JSON.stringify(decided.answer)
      answers.push({ entry, answer: { operation: 0n, status: 200, answer, again: false } })
      return
    }
    decided.apply(turn)
    this.#keys.add(entry.keyText)
    this.#keep(entry, turn, decided, call, entry.digest)
  }

  #turn(): Turn {
    const id = this.#ids[this.#used++]
    assert(id !== undefined, 'there is a number for each operation')
    return new Turn(BigInt(id), this.#began.at)
  }

  #keep(
    entry: Entry<Want, State> | undefined,
    turn: Turn,
    decided: Decided & { ok: true },
    call: { readonly principal: string; readonly key: string; readonly command: string; readonly status?: number },
    digest: string,
  ): void {
    const { epoch, xid } = this.#began
    const operation: Decision = {
      id: turn.operation,
      epoch,
      xid,
      principal: call.principal,
      key: call.key,
      command: call.command,
      inputDigest: digest,
      status: decided.status ?? call.status ?? 200,
      told: decided.answer,
      at: turn.at,
    }
    this.done.push({ entry, operation, turn })
  }
}

/** Whoever was refused may have been answered under the same key before. */
async function answerStored<Want, State>(client: Reader, answers: Answers<Want, State>): Promise<void> {
  const refused = answers.filter(({ answer }) => answer instanceof Problem).map(({ entry }) => entry)
  if (refused.length === 0) return
  const stored = await sql.findByKeys(client, refused)
  if (stored.size === 0) return
  for (const [place, { entry, answer }] of answers.entries()) {
    const before = answer instanceof Problem ? stored.get(entry.keyText) : undefined
    if (before) answers[place] = { entry, answer: answerOf(before, entry) }
  }
}

function answerOf<Want, State>(stored: sql.StoredRow, entry: Entry<Want, State>): Answered | Problem {
  if (stored.input_digest.toString('hex') !== entry.digest) return new Problem('idempotency-key-reused')
  return { operation: BigInt(stored.id), status: stored.status, answer: stored.answer, again: true }
}

const answeredOf = (operation: Decision): Answered => ({
  operation: operation.id,
  status: operation.status,
  answer: textOf(operation),
  again: false,
})
