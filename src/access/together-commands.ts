import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Reader } from '../database/reader.ts'
import { type Principal, principalOf } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import { checkUnderLocks } from '../http/under-locks.ts'
import type { House } from '../operations/house.ts'
import { numberOf } from '../values/id.ts'
import { type ApprovalLimits, limitIn, nanosOf } from './approval.ts'
import { approvalById } from './approval/sql.ts'

/** When a second person is wanted, and how a request is tried before it waits for one. */
export type ApprovalRule = {
  /** Up to so much one person is enough; null: never. */
  readonly limit: ApprovalLimits | null
  /** Of requests that name none; undefined where only the answer of a trial says it. */
  readonly currency?: string
  /** So that many small ones are looked at as the large one that they are. */
  readonly together?: Together
  /** The same door, told so; another that answers as it would and changes nothing; null: it cannot be tried. */
  readonly tryAt: 'dryRun' | `/${string}` | null
}

/** By operation. */
export type ApprovalRules = Readonly<Record<string, ApprovalRule>>

export type Together = {
  /** For whom a request of this body is. @throws Problem when there is nobody */
  whom(principal: Principal, body: unknown): Promise<string>
  /** The key that it is written down under where the caller sends none; undefined: one of its own. */
  keyOf?(body: unknown): string | undefined
  /** What a principal granted or gave back to them within a day, by the key that it was asked for with. */
  lately(reader: Reader, principal: string, whom: string, currency: string): Promise<readonly Done[]>
}
export type Done = { readonly key: string; readonly nanos: bigint }

type Call = { readonly principal: string; readonly key: string }

/** What another server wrote meanwhile has made a request too much: it waits, and nobody is told this. */
export class TooMuchTogether extends Problem {
  constructor() {
    super('not-allowed')
  }
}

type UnderWay = Map<string, Map<string, bigint>>

/** Requests that were let through and are not answered yet, by principal and whom they are for: nanos by key. */
const underWay = new WeakMap<House, UnderWay>()

/**
 * Whether what a principal grants or gives back to somebody is too much together with what it did within a day. What a second
 * person has agreed to does not count, and neither does the same request once more. What is let through is looked at once more
 * where its money is locked: what other servers let through at the same moment is written down by then, or comes after it.
 */
export async function isTooMuchTogether(
  house: House,
  { limit, together }: ApprovalRule,
  request: FastifyRequest,
  reply: FastifyReply,
  { principal, key, ...asked }: Call & { readonly amount: unknown; readonly currency: string },
): Promise<boolean> {
  const nanos = nanosOf(asked.amount)
  if (limit === null || !together || nanos === undefined) return false
  const whom = await together.whom(principalOf(request), request.body)
  // Before anything is waited for: of two that come at once, the second sees the first.
  const others = begin(underWayIn(house), `${principal}\n${whom}\n${asked.currency}`, key, nanos, reply)
  const isTooMuch = async (reader: Reader): Promise<boolean> => {
    const done = await together.lately(reader, principal, whom, asked.currency)
    if (done.some((each) => each.key === key)) return false
    let sum = nanos
    for (const each of done) {
      // It has been written down since.
      others.delete(each.key)
      if (!(await wasAgreedTo(reader, principal, each.key))) sum += each.nanos
    }
    for (const amount of others.values()) sum += amount
    return sum > limitIn(limit, asked.currency)
  }
  if (await isTooMuch(house.database.pool)) return true
  checkUnderLocks(request, async (reader) => ((await isTooMuch(reader)) ? new TooMuchTogether() : undefined))
  return false
}

function underWayIn(house: House): UnderWay {
  const found = underWay.get(house) ?? new Map<string, Map<string, bigint>>()
  underWay.set(house, found)
  return found
}

/** Counts a request until it is answered; answers the others that are under way. */
function begin(all: UnderWay, name: string, key: string, nanos: bigint, reply: FastifyReply): Map<string, bigint> {
  const asked = all.get(name) ?? new Map<string, bigint>()
  const others = new Map([...asked].filter(([other]) => other !== key))
  all.set(name, asked.set(key, nanos))
  reply.raw.once('close', () => {
    asked.delete(key)
    if (asked.size === 0) all.delete(name)
  })
  return others
}

/** What an approval became is asked for under a key of its own, which others may use as well: it must be that approval. */
async function wasAgreedTo(reader: Reader, principal: string, key: string): Promise<boolean> {
  const [, name = '', time] = /^(apr_\d+) of (\d+)$/.exec(key) ?? []
  const id = numberOf('approval', name)
  const row = id === undefined ? undefined : await approvalById(reader, id)
  return row?.proposed_by === principal && row.verdict === 'approved' && String(row.at.getTime()) === time
}
