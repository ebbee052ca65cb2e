import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { isCollision, isConnectionLost } from '../database/refusals.ts'
import { closeWriter, newWriter, type Writer } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import { inputDigest } from './canonical.ts'
import type { House } from './house.ts'
import { asProblem, LeftNoTrace } from './left-no-trace.ts'
import { digestsText } from './operation.ts'
import * as sql from './sql.ts'
import { type Trial, trialIn } from './trial.ts'

// No unique symbol itself: an async function's inferred type would widen it.
const brand = Symbol('nothing')

/** What work answers when, having looked, it has nothing to change: no operation is written. */
export const nothing = Object.freeze({ [brand]: true }) as Nothing
export type Nothing = { readonly [brand]: true }

export type Call = {
  /** Who asks; keys belong to it. */
  readonly principal: string
  /** The same key again is the same operation again. */
  readonly key: string
  readonly command: string
  /** A JSON value; the same under the same key, or the call is refused. */
  readonly input: unknown
  readonly status?: number
}

export type Answered = {
  readonly operation: bigint
  readonly status: number
  /** The stored bytes. */
  readonly answer: string
  /** Whether an earlier call with this key had this answer. */
  readonly again: boolean
}

/** The value as a caller reads it back from JSON; undefined for nothing. */
export type AnswerOf<Result> = Result extends Nothing ? undefined : Result

/**
 * Runs work in a transaction of its own, as one operation: load, decide, write. The same principal, key and input
 * again give the stored answer, byte for byte. What work throws rolls everything back and is not stored. After a
 * collision, or a lost connection that left no trace, work runs again: it changes nothing but by its Writer.
 */
export async function alone<Result>(
  house: House,
  call: Call,
  work: (writer: Writer) => Promise<Result>,
): Promise<AnswerOf<Result>> {
  const answered = await aloneStored(house, call, work)
  return (answered === undefined ? undefined : JSON.parse(answered.answer)) as AnswerOf<Result>
}

/** The same, with the answer as it is stored, for doors that repeat its bytes. */
export async function aloneStored(
  house: House,
  call: Call,
  work: (writer: Writer) => Promise<unknown>,
): Promise<Answered | undefined> {
  assert(isKeyText(call.principal) && isKeyText(call.key), 'principal and key have 1 to 200 characters')
  const digest = inputDigest(call.command, call.input)
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOf(house, call, digest, work)
    } catch (error) {
      if (attempt < attemptsMax && (isCollision(error) || error instanceof LeftNoTrace)) {
        await sleep(Math.random() * 10 * 2 ** Math.min(attempt, 5))
        continue
      }
      throw asProblem(error)
    }
  }
}

const writers = new WeakSet<House>()

/** Whether this process has written an operation through this house: then there is something to seal. */
export const hasWritten = (house: House): boolean => writers.has(house)

export const noteWritten = (house: House): void => void writers.add(house)

const attemptsMax = 8

const isKeyText = (text: string): boolean => text.length >= 1 && text.length <= 200 && !text.includes('\0')

async function attemptOf(house: House, call: Call, digest: string, work: (writer: Writer) => Promise<unknown>) {
  const trial = trialIn(house)
  if (trial) return await trial.step((client) => tried(trial, client, work))
  const client = await connect(house)
  let broken: Error | undefined
  let committing = false
  try {
    await client.query(sql.beginWithLock(lockOf(call)))
    const stored = await sql.findByKey(client, call.principal, call.key)
    if (stored) {
      await client.query('rollback')
      return answerOf(stored, digest, true)
    }
    const written = await write(house, client, call, digest, work)
    if (written) committing = true
    await client.query(written ? 'commit' : 'rollback')
    if (written) writers.add(house)
    return written
  } catch (error) {
    if (isConnectionLost(error)) {
      broken = error as Error
      if (committing) return await lookUp(house, call, digest, broken)
      throw new LeftNoTrace('the connection was lost before the commit', { cause: error })
    }
    await client.query('rollback').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    client.release(broken)
  }
}

async function connect(house: House): Promise<PoolClient> {
  try {
    return await house.database.pool.connect()
  } catch (error) {
    throw isConnectionLost(error) ? new LeftNoTrace('no connection', { cause: error }) : error
  }
}

async function write(
  house: House,
  client: PoolClient,
  call: Call,
  digest: string,
  work: (writer: Writer) => Promise<unknown>,
) {
  const began = await sql.begin(client)
  assert(began)
  const id = BigInt(began.id)
  const writer = newWriter(client, id, began.at)
  const result = await work(writer)
  if (result === nothing) {
    closeWriter(writer)
    return undefined
  }
  const answer = JSON.stringify(result ?? null)
  const status = call.status ?? 200
  const { principal, key, command } = call
  const digests = digestsText(closeWriter(writer))
  const operation = { id, epoch: began.epoch, xid: began.xid, principal, key, command, inputDigest: digest, status }
  const inserted = await sql.insert(client, { ...operation, answer, digests, at: began.at.getTime() }, house.keys.seal)
  if (inserted.length === 0) throw new LeftNoTrace('the epoch ended')
  return { operation: id, status, answer, again: false }
}

/** What it would do: there is no operation to be written or found. */
async function tried(trial: Trial, client: PoolClient, work: (writer: Writer) => Promise<unknown>) {
  const began = await sql.begin(client)
  assert(began)
  const operation = BigInt(began.id)
  const writer = newWriter(client, operation, began.at)
  trial.note(writer)
  const result = await work(writer)
  closeWriter(writer)
  if (result === nothing) return undefined
  return { operation, status: 200, answer: JSON.stringify(result ?? null), again: false }
}

function answerOf(stored: sql.StoredRow, digest: string, again: boolean): Answered {
  if (stored.input_digest.toString('hex') !== digest) throw new Problem('idempotency-key-reused')
  return { operation: BigInt(stored.id), status: stored.status, answer: stored.answer, again }
}

/**
 * Was it committed? The lost transaction holds the key's lock until it ends, so whoever gets the lock sees what
 * became of it; and when it is not there, it never will be.
 */
async function lookUp(house: House, call: Call, digest: string, cause: Error): Promise<Answered> {
  const unknown = new Problem('outcome-unknown', { key: call.key }, cause)
  for (let attempt = 1; attempt <= 5; attempt++) {
    let client: PoolClient | undefined
    try {
      client = await house.database.pool.connect()
      await client.query(sql.beginWithLock(lockOf(call)))
      const stored = await sql.findByKey(client, call.principal, call.key)
      await client.query('rollback')
      client.release()
      if (stored) return answerOf(stored, digest, false)
      throw new LeftNoTrace('the commit was lost', { cause })
    } catch (error) {
      if (error instanceof LeftNoTrace || error instanceof Problem) throw error
      client?.release(error as Error)
      await sleep(100 * attempt)
    }
  }
  throw unknown
}

/** Two different keys with one number merely wait for each other. */
const lockOf = (call: Call): bigint =>
  createHash('sha256').update(`${call.principal}\0${call.key}`).digest().readBigInt64BE()
