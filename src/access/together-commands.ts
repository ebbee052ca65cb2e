import type { FastifyReply, FastifyRequest } from 'fastify'
import type { House } from '../operations/house.ts'
import { principalOf } from '../http/principal.ts'
import { numberOf } from '../values/id.ts'
import { type ApprovalRule, limitIn, nanosOf } from './approval.ts'
import { approvalById } from './approval/sql.ts'

type Call = { readonly principal: string; readonly key: string }

/** Requests that were let through and are not answered yet, by principal and whom they are for: nanos by key. */
const underWay = new Map<string, Map<string, bigint>>()

/**
 * Whether what a principal grants or gives back to somebody is too much together with what it did within a day. What a second
 * person has agreed to does not count, and neither does the same request once more.
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
  const others = begin(`${principal}\n${whom}\n${asked.currency}`, key, nanos, reply)
  const done = await together.lately(principal, whom, asked.currency)
  if (done.some((each) => each.key === key)) return false
  let sum = nanos
  for (const each of done) {
    // It has been written down since.
    others.delete(each.key)
    if (!(await wasAgreedTo(house, principal, each.key))) sum += each.nanos
  }
  for (const amount of others.values()) sum += amount
  return sum > limitIn(limit, asked.currency)
}

/** Counts a request until it is answered; answers the others that are under way. */
function begin(name: string, key: string, nanos: bigint, reply: FastifyReply): Map<string, bigint> {
  const asked = underWay.get(name) ?? new Map<string, bigint>()
  const others = new Map([...asked].filter(([other]) => other !== key))
  underWay.set(name, asked.set(key, nanos))
  reply.raw.once('close', () => {
    asked.delete(key)
    if (asked.size === 0) underWay.delete(name)
  })
  return others
}

/** What an approval became is asked for under a key of its own, which others may use as well: it must be that approval. */
async function wasAgreedTo(house: House, principal: string, key: string): Promise<boolean> {
  const [, name = '', time] = /^(apr_\d+) of (\d+)$/.exec(key) ?? []
  const id = numberOf('approval', name)
  const row = id === undefined ? undefined : await approvalById(house.database.pool, id)
  return row?.proposed_by === principal && row.verdict === 'approved' && String(row.at.getTime()) === time
}
