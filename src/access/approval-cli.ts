import type { Command } from 'commander'
import type { House } from '../operations/house.ts'
import type { Door } from '../terminal/door.ts'
import { localText } from '../values/period.ts'
import { Refusal } from '../values/refusal.ts'
import { approvalsAfter, shownApproval } from './approval-commands.ts'

type Answer = { readonly status: number; readonly body: { readonly [field: string]: unknown } }
/** Asks a door of the house in the name of whoever sits here. */
export type Ask = (command: Command, door: Door<House>, path: string, body: object) => Promise<Answer>

const help = `
Who asked for it cannot approve it. At this terminal you are “local”; to decide as yourself, ask over HTTP with your key:
POST /api/v1/approvals/APPROVAL/approve. The limits are BURSAR_APPROVAL_GRANT_LIMIT, BURSAR_APPROVAL_REFUND_LIMIT and
BURSAR_APPROVAL_PRICES; without them nothing waits.
`

export const approvalWith =
  (ask: Ask) =>
  (command: Command, door: Door<House>): void => {
    command.addHelpText('after', help)
    command
      .command('list')
      .description('what waits for a second person')
      .option('--all', 'what was decided too')
      .action((options: { all?: boolean }) => list(door, options))
    for (const [verb, about] of [
      ['approve', 'say yes: it is done now, in the name of who asked'],
      ['reject', 'say no: nothing is done'],
    ] as const)
      command
        .command(verb)
        .description(about)
        .argument('<approval>', 'its id, such as apr_42')
        .option('--reason <text>', 'why, for the books')
        .action(async (id: string, { reason }: { reason?: string }, own: Command) => {
          const path = `/api/v1/approvals/${encodeURIComponent(id)}/${verb}`
          const { status, body } = await ask(own, door, path, { ...(reason !== undefined && { reason }) })
          if (status >= 400) throw new Refusal(textOf(body), 'See `bursar approval list --all`.')
          door.say(verb === 'approve' ? `${id} is approved and done.` : `${id} is rejected; nothing was done.`)
          door.answer(body)
        })
  }

function textOf({ title, detail, issues }: Answer['body']): string {
  const [first] = (issues ?? []) as { field: string; message: string }[]
  const more = typeof detail === 'string' ? detail : first ? `${first.field} ${first.message}` : ''
  return `${String(title).replace(/\.$/, '')}${more && `: ${more}`}`
}

async function list(door: Door<House>, { all }: { all?: boolean }): Promise<void> {
  const house = await door.house()
  const found = await approvalsAfter(house.database.pool, 0n, 100_000, all ? null : 'waiting')
  const time = (at: Date | null) => (at === null ? '' : localText(at.getTime(), house.zone))
  if (found.length === 0) door.say(all ? 'Nothing has ever waited for a second person.' : 'Nothing waits.')
  else
    door.table(
      found.map((row) => {
        const { id, state, operation, proposedBy, request } = shownApproval(row)
        const decided = row.decided_by === null ? '' : `${state} by ${row.decided_by} ${time(row.decided_at)}`
        return [id, operation, proposedBy, time(row.at), decided, `${request.path} ${request.body ?? ''}`]
      }),
      ['approval', 'what', 'asked by', 'at', 'decided', 'request'].map((title) => ({ title })),
    )
  door.answer({ approvals: found.map(shownApproval) })
}
