import { strict as assert } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError } from 'pg'
import { isBreachOf, isCollision } from '../database/refusals.ts'
import { Problem } from '../http/problem.ts'
import type { Answered, Call } from './alone.ts'
import { inputDigest } from './canonical.ts'
import type { House } from './house.ts'
import { type Books, Entry, type LaneCommand, type Options } from './lane-command.ts'
import { LaneConnection, Unsettled } from './lane-connection.ts'
import { asProblem, LeftNoTrace } from './left-no-trace.ts'
import { runBatch } from './lane-batch.ts'
import { takeFairly } from './lane-queue.ts'

export type LaneSettings = {
  /** Operations that commit together at most. */
  readonly batchMax?: number
  /** Beyond so many that wait, or when the first has waited so long, new ones are refused. */
  readonly queueMax?: number
  readonly waitMaxMilliseconds?: number
}

/** What an observer of the lane is told after each batch. */
export type Batch = { readonly operations: number; readonly refused: number; readonly seconds: number }

/**
 * The money path of one process: commands that arrive together commit together.
 *
 *   submitted ──▶ queued ──▶ decided in a batch ──commit──▶ answered
 *                   │             ├──refused──▶ Problem, no trace
 *                   └─gone──▶ dropped   └──breach──▶ halves, until the poisoned one stands alone
 *
 * Nobody is answered before the commit. Any number of processes work on one database, each with a lane of its own.
 */
export class Lane<Want, State> {
  readonly #lines: readonly LaneConnection[]
  /** Those that are free. */
  readonly #connections: LaneConnection[]
  readonly #house: House
  readonly #books: Books<Want, State>
  readonly #settings: Required<LaneSettings>
  #queue: Entry<Want, State>[] = []
  #running: Promise<void>[] = []
  /** Batches for which keys are looked up beforehand, since one was met that had been used. */
  #careful = 0
  /** How many there were when the last batch was answered, and whoever waits for as many. */
  #together = 0
  #gathering: { readonly wanted: number; done(): void } | undefined
  #closed = false
  #refusedForLoad = 0
  readonly #observers: ((batch: Batch) => void)[] = []

  constructor(house: House, books: Books<Want, State>, settings: LaneSettings = {}) {
    this.#house = house
    this.#books = books
    this.#settings = { batchMax: 512, queueMax: 10_000, waitMaxMilliseconds: 250, ...settings }
    this.#lines = Array.from({ length: underWayMax }, () => new LaneConnection(house))
    this.#connections = [...this.#lines]
  }

  /** Waiting now, and how many were refused for load so far. */
  get waiting(): number {
    return this.#queue.length
  }

  get refusedForLoad(): number {
    return this.#refusedForLoad
  }

  observe(observer: (batch: Batch) => void): void {
    this.#observers.push(observer)
  }

  /**
   * Runs one command; the answer comes after its commit. A caller that gives up while it waits is dropped; once its
   * batch has begun, the command is completed.
   *
   * @throws Problem as the command's rule refuses, `overloaded`, `outcome-unknown`, `idempotency-key-reused`
   */
  submit(call: Call, command: LaneCommand<Want, State>, options: Options = {}): Promise<Answered> {
    assert(isKeyText(call.principal) && isKeyText(call.key), 'principal and key have 1 to 200 characters')
    const { queueMax, waitMaxMilliseconds } = this.#settings
    const [first] = this.#queue
    const isLate = first !== undefined && performance.now() - first.since > waitMaxMilliseconds
    if (this.#closed || this.#queue.length >= queueMax || isLate) {
      this.#refusedForLoad += 1
      return Promise.reject(new Problem('overloaded'))
    }
    const entry = new Entry(call, inputDigest(call.command, call.input), command, options)
    this.#queue.push(entry)
    if (this.#gathering && this.#queue.length >= this.#gathering.wanted) this.#gathering.done()
    else this.#start()
    return entry.answered
  }

  /** Lets what was submitted finish, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#running.length > 0) await Promise.all(this.#running)
    for (const connection of this.#connections) connection.close()
  }

  /** A second batch is gathered and answered while the database works on the first; wallets decide who waits for whom. */
  #start(): void {
    if (this.#isEnough(underWayMax)) return
    const connection = this.#connections.pop()
    if (!connection) return
    const running = this.#run(connection).finally(() => {
      this.#running = this.#running.filter((each) => each !== running)
      this.#connections.push(connection)
      if (this.#queue.length > 0) this.#start()
    })
    this.#running.push(running)
  }

  async #run(connection: LaneConnection): Promise<void> {
    for (;;) {
      // One turn of the event loop, so that what has arrived by now commits together.
      await new Promise(setImmediate)
      await this.#gather()
      if (this.#queue.length === 0 || this.#isEnough(underWayMax - 1)) return
      const { taken, left } = takeFairly(this.#queue, this.#settings.batchMax)
      this.#queue = left
      const began = performance.now()
      const refused = await this.#commit(connection, taken)
      for (const observer of this.#observers) {
        observer({ operations: taken.length, refused, seconds: (performance.now() - began) / 1000 })
      }
    }
  }

  /**
   * A few that wait gain nothing by a batch of their own beside one that is under way: they are better off together in
   * the next one. `free` is how many connections would be left if none was at work.
   */
  #isEnough(free: number): boolean {
    return this.#connections.length < free && this.#queue.length < manyWaiting
  }

  /**
   * Callers who were answered together ask again together: the next batch waits a moment for them and for those who came
   * meanwhile, so that sixteen callers share a commit instead of having one for each few.
   */
  async #gather(): Promise<void> {
    const wanted = Math.min(this.#together, manyWaiting)
    if (this.#queue.length === 0 || this.#queue.length >= wanted || this.#gathering) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#gathering?.done(), gatherMilliseconds)
      const done = () => {
        clearTimeout(timer)
        this.#gathering = undefined
        resolve()
      }
      this.#gathering = { wanted, done }
    })
  }

  /**
   * A batch that was committed let the next one at its wallets. Whoever is answered asks again, which takes a while: the
   * next batch's rows are made first, so that the database has work meanwhile.
   */
  async #othersMade(answered: number): Promise<void> {
    const making = this.#lines.map((line) => line.making).filter((each) => each !== undefined)
    if (making.length > 0) await Promise.race([...making, sleep(answersWait)])
    // Those who are answered, and those who came meanwhile.
    this.#together = answered + this.#queue.length
  }

  /** What the database answers another batch is not left lying while everybody of this one is told. */
  #othersHeard(): Promise<unknown> | undefined {
    return this.#connections.length < underWayMax - 1 ? new Promise(setImmediate) : undefined
  }

  /** Answers how many were refused. */
  async #commit(connection: LaneConnection, entries: readonly Entry<Want, State>[]): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const open = entries.filter((entry) => !entry.isDone && !entry.isGone)
      if (open.length === 0) return 0
      try {
        if (this.#careful > 0) this.#careful -= 1
        connection.begin()
        const batch = {
          house: this.#house,
          connection,
          books: this.#books,
          beforeAnswers: () => this.#othersMade(open.length),
          betweenAnswers: () => this.#othersHeard(),
        }
        return await runBatch(batch, open, this.#careful > 0)
      } catch (error) {
        connection.made()
        if (error instanceof Unsettled) {
          for (const entry of open) entry.fail(error.problem)
          return open.length
        }
        if (isBreachOf(error, 'idempotency_key_is_used_once')) this.#careful = carefulBatches
        if (attempt < attemptsMax && isWorthAgain(error)) {
          await sleep(Math.random() * 5 * 2 ** Math.min(attempt, 5))
          continue
        }
        if (open.length === 1 || !isOfOne(error)) {
          for (const entry of open) entry.fail(asProblem(error))
          return open.length
        }
        // One of them is poisoned: halve until it stands alone, so that its neighbours go through.
        const middle = Math.ceil(open.length / 2)
        const first = await this.#commit(connection, open.slice(0, middle))
        return first + (await this.#commit(connection, open.slice(middle)))
      }
    }
  }
}

const attemptsMax = 8
/** The longest that answers wait for the rows of another batch, in milliseconds. */
const answersWait = 5
const underWayMax = 2
/** So many that wait make a second batch worth its commit. */
const manyWaiting = 64
const gatherMilliseconds = 2
const carefulBatches = 100

/** Two batches stood in each other's way, or the connection went before anything was kept. */
const isWorthAgain = (error: unknown): boolean =>
  isCollision(error) || isBreachOf(error, 'idempotency_key_is_used_once') || error instanceof LeftNoTrace

/** A rule of the database was broken, or one of ours: one operation did that. The rest is the server's own trouble. */
const isOfOne = (error: unknown): boolean =>
  error instanceof DatabaseError ? /^2[23]/.test(error.code ?? '') : !(error instanceof LeftNoTrace)

const isKeyText = (text: string): boolean => text.length >= 1 && text.length <= 200 && !text.includes('\0')
