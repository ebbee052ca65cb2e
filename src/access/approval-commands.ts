import type { Reader } from '../database/reader.ts'
import { Problem } from '../http/problem.ts'
import { type Answered, aloneStored } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { hasLoginOf, knownAmong } from '../parties/people-commands.ts'
import { numbered, parseId, uuidOf } from '../values/id.ts'
import type { Proposed, Verdict } from './approval.ts'
import * as sql from './approval/sql.ts'

type Call = { readonly principal: string; readonly key: string }

/** Lets a request wait for a second person. The same key again answers the same approval. */
export function propose(house: House, call: Call, proposed: Proposed): Promise<Answered> {
  const command = { ...call, command: 'access.propose', input: proposed, status: 202 }
  return aloneStored(house, command, async (writer) => {
    const id = writer.nextId()
    await sql.insertApproval(writer, id, call.principal, proposed)
    const undecided = { decided_at: null, decided_by: null, verdict: null, reason: null }
    return shownApproval({ ...undecided, ...proposed, id: String(id), at: writer.at, proposed_by: call.principal })
  }) as Promise<Answered>
}

/** What waits already as it would be asked for once more, under another key. */
export async function waitingAlready(house: House, principal: string, proposed: Proposed) {
  const row = await sql.sameWaiting(house.database.pool, principal, proposed)
  return row && shownApproval(row)
}

/**
 * Says yes or no, once. Who says yes again hears the same: so what could not be carried out at once can be tried again.
 *
 * @throws Problem `not-found`, `approval-by-proposer`, `approval-decided`
 */
export async function decide(house: House, call: Call, id: bigint, verdict: Verdict, reason: string | null) {
  const row = await mayDecide(house, call.principal, id, verdict)
  if (row.verdict !== null) return row
  const input = { approval: numbered('approval', id), verdict, reason }
  await aloneStored(house, { ...call, command: 'access.decide', input }, async (writer) => {
    await sql.lockApproval(writer, id)
    const now = await sql.approvalById(writer, id)
    if (now?.verdict) refuseDecided(now, verdict)
    else await sql.insertDecision(writer, { approval: row.id, decidedBy: call.principal, verdict, reason })
    return input
  })
  return (await sql.approvalById(house.database.pool, id)) ?? row
}

/** The approval, when this principal may say this of it. */
export async function mayDecide(house: House, principal: string, id: bigint, verdict: Verdict) {
  const row = await sql.approvalById(house.database.pool, id)
  if (!row) throw new Problem('not-found', { detail: `There is no approval ${numbered('approval', id)}.` })
  if (row.proposed_by === principal) throw new Problem('approval-by-proposer')
  refuseDecided(row, verdict)
  // Else whoever asked, and may make keys, would make one for a second person.
  if (row.verdict === null && (await sql.hasNewerKey(house.database.pool, principal, row.at))) {
    const detail = `A key of ${principal} was made after this was asked for: let somebody else decide, or ask anew.`
    throw new Problem('approval-by-proposer', { detail })
  }
  if (row.verdict === null && verdict === 'approved') await refuseSamePerson(house.database.pool, principal, row)
  return row
}

/** Nor may whoever links names link their own login with somebody else, and say yes as that person. */
async function refuseSamePerson(reader: Reader, principal: string, { proposed_by: by }: sql.ApprovalRow) {
  const [own, proposer] = [principal, by].map((name) => parseId('person', name))
  if (!proposer) return
  // What the logins of somebody erased meant before, nobody knows any more.
  if (!(await knownAmong(reader, [uuidOf(proposer)])).has(uuidOf(proposer)))
    throw new Problem('approval-by-proposer', { detail: 'Who asked for it was erased: ask anew.' })
  if (!own || !(await hasLoginOf(reader, uuidOf(own), uuidOf(proposer)))) return
  const detail = `A login of ${principal} was one of ${by} before: let somebody else decide.`
  throw new Problem('approval-by-proposer', { detail })
}

function refuseDecided({ verdict, decided_by: by }: sql.ApprovalRow, wanted: Verdict): void {
  if (verdict !== null && verdict !== wanted)
    throw new Problem('approval-decided', { detail: `It was ${verdict} by ${by}.` })
}

/** As people and programs see it. */
export const shownApproval = (row: Omit<sql.ApprovalRow, 'content_type' | 'if_match'>) => ({
  id: numbered('approval', row.id),
  state: row.verdict ?? ('waiting' as const),
  operation: row.wanted,
  proposedBy: row.proposed_by,
  proposedAt: row.at.toISOString(),
  request: { method: row.method, path: row.url, body: row.body },
  decidedBy: row.decided_by,
  decidedAt: row.decided_at?.toISOString() ?? null,
  reason: row.reason,
})

export { approvalById, approvalsAfter, approvalsTable, decisionsTable } from './approval/sql.ts'
export type { ApprovalRow } from './approval/sql.ts'
