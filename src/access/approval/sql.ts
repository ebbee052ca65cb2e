import { copyText, timestampText } from '../../database/copy-text.ts'
import { type Reader, row, rows } from '../../database/reader.ts'
import { append, type SealedTable, type Writer } from '../../database/writer.ts'
import type { Proposed, Verdict } from '../approval.ts'

export const approvalsTable: SealedTable = {
  name: 'access.approvals',
  columns: ['id', 'operation', 'at', 'proposed_by', 'wanted', 'method', 'url', 'content_type', 'if_match', 'body'],
}

export const decisionsTable: SealedTable = {
  name: 'access.decisions',
  columns: ['id', 'operation', 'at', 'approval', 'decided_by', 'verdict', 'reason'],
}

export const insertApproval = (writer: Writer, id: bigint, proposedBy: string, proposed: Proposed) => {
  const { wanted, method, url, contentType, ifMatch, body } = proposed
  const texts = [proposedBy, wanted, method, url, contentType, ifMatch, body].map(copyText).join('\t')
  return append(writer, approvalsTable, [`${id}\t${writer.operation}\t${timestampText(writer.at.getTime())}\t${texts}`])
}

export type Decision = {
  readonly approval: string
  readonly decidedBy: string
  readonly verdict: Verdict
  readonly reason: string | null
}

export const insertDecision = (writer: Writer, { approval, decidedBy, verdict, reason }: Decision) =>
  append(writer, decisionsTable, [
    `${writer.nextId()}\t${writer.operation}\t${timestampText(writer.at.getTime())}\t${approval}\t` +
      `${copyText(decidedBy)}\t${verdict}\t${copyText(reason)}`,
  ])

/** Two who decide at once wait for each other; the row itself never changes. */
export const lockApproval = (writer: Writer, id: bigint) =>
  rows(writer, `select from access.approvals where id = $1 for update`, [id])

export type ApprovalRow = {
  id: string
  at: Date
  proposed_by: string
  wanted: string
  method: string
  url: string
  content_type: string | null
  if_match: string | null
  body: string | null
  decided_at: Date | null
  decided_by: string | null
  verdict: Verdict | null
  reason: string | null
}

const approvals = `
  select a.id, a.at, a.proposed_by, a.wanted, a.method, a.url, a.content_type, a.if_match, a.body,
         d.at as decided_at, d.decided_by, d.verdict, d.reason
    from access.approvals a
    left join access.decisions d on d.approval = a.id`

export const approvalById = (reader: Reader, id: bigint) =>
  row<ApprovalRow>(reader, `${approvals} where a.id = $1`, [id])

/** The same request of the same principal that nobody has decided yet. */
export const sameWaiting = (reader: Reader, proposedBy: string, { wanted, method, url, body }: Proposed) =>
  row<ApprovalRow>(
    reader,
    `${approvals}
      where d.approval is null and a.proposed_by = $1 and a.wanted = $2 and a.method = $3 and a.url = $4
        and a.body is not distinct from $5
      order by a.id
      limit 1`,
    [proposedBy, wanted, method, url, body],
  )

/** Whether somebody got a key after a moment: whoever made it could use it. */
export const hasNewerKey = async (reader: Reader, principal: string, than: Date): Promise<boolean> =>
  (await rows(reader, `select from access.keys where principal = $1 and at > $2 limit 1`, [principal, than])).length > 0

/** The oldest first: that is who waits longest. */
export const approvalsAfter = (reader: Reader, after: bigint, limit: number, state: string | null) =>
  rows<ApprovalRow>(
    reader,
    `${approvals}
      where a.id > $1 and ($3::text is null or coalesce(d.verdict, 'waiting') = $3)
      order by a.id
      limit $2`,
    [after, limit, state],
  )
