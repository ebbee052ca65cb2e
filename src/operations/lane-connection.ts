import { setTimeout as sleep } from 'node:timers/promises'
import { Pipeline } from '../database/pipeline.ts'
import { isConnectionLost } from '../database/refusals.ts'
import { Problem } from '../http/problem.ts'
import type { House } from './house.ts'
import { LeftNoTrace } from './left-no-trace.ts'
import * as sql from './sql.ts'

/** The transaction may have been committed and its database is not there to be asked. */
export class Unsettled extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** The one connection of a lane, kept between batches and opened anew when it was lost. */
export class LaneConnection {
  readonly #house: House
  #client: Pipeline | undefined
  #making: Promise<void> | undefined
  #made: () => void = () => {}

  constructor(house: House) {
    this.#house = house
  }

  /** Kept when the batch under way has made its rows; undefined when there is none that has not. */
  get making(): Promise<void> | undefined {
    return this.#making
  }

  begin(): void {
    this.#making = new Promise((resolve) => (this.#made = resolve))
  }

  /** The rows of the batch under way are on their way: from here on the database works, and this process waits. */
  made(): void {
    this.#made()
    this.#making = undefined
  }

  async client(): Promise<Pipeline> {
    if (this.#client) return this.#client
    try {
      this.#client = new Pipeline(await this.#house.database.pool.connect())
      return this.#client
    } catch (error) {
      throw isConnectionLost(error) ? new LeftNoTrace('no connection', { cause: error }) : error
    }
  }

  /** After a failure: the transaction is rolled back; a connection that cannot even do that is dropped. */
  async rollback(failure: unknown): Promise<void> {
    const client = this.#client
    if (!client) return
    const broken = isConnectionLost(failure)
      ? (failure as Error)
      : await client.query({ text: 'rollback' }).then(
          () => undefined,
          (error: Error) => error,
        )
    if (broken) this.#drop(broken)
  }

  close(): void {
    this.#client?.release()
    this.#client = undefined
  }

  /** Whether a transaction was committed whose connection was lost at the commit. */
  async wasCommitted(xid: string, failure: Error): Promise<boolean> {
    this.#drop(failure)
    for (let attempt = 1; attempt <= 10; attempt++) {
      try {
        const status = await sql.statusOf(this.#house.database.pool, xid)
        if (status === 'committed') return true
        if (status !== 'in progress') return false
      } catch (error) {
        if (!isConnectionLost(error)) throw error
      }
      await sleep(50 * attempt)
    }
    throw new Unsettled(new Problem('outcome-unknown', {}, failure))
  }

  #drop(broken: Error): void {
    this.#client?.release(broken)
    this.#client = undefined
  }
}
