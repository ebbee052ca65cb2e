import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import type { House } from '../operations/house.ts'
import type { Door } from '../terminal/door.ts'
import { reasonOf } from '../terminal/reason.ts'
import { refusedText } from '../terminal/told.ts'
import { localText } from '../values/period.ts'
import { Refusal } from '../values/refusal.ts'
import { propose, type shownApproval, waitingAlready } from './approval-commands.ts'

type Answer = { readonly status: number; readonly body: { readonly [field: string]: unknown } }
type Asked = { readonly method: string; readonly path: string; readonly body?: object }
/** Asks a door in the name of whoever sits here. */
type Ask = (command: Command, door: Door<House>, asked: Asked) => Promise<Answer>

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
      .action((options: { all?: boolean }, own: Command) => list(door, (asked) => ask(own, door, asked), options))
    for (const [verb, about] of [
      ['approve', 'say yes: it is done now, in the name of who asked'],
      ['reject', 'say no: nothing is done'],
    ] as const)
      command
        .command(verb)
        .description(about)
        .argument('<approval>', 'its id, such as apr_42')
        .option('--reason <text>', 'why, for the books', reasonOf)
        .action(async (id: string, { reason }: { reason?: string }, own: Command) => {
          const path = `/api/v1/approvals/${encodeURIComponent(id)}/${verb}`
          const body = answered(
            await ask(own, door, { method: 'POST', path, body: { ...(reason !== undefined && { reason }) } }),
          )
          door.say(verb === 'approve' ? `${id} is approved and done.` : `${id} is rejected; nothing was done.`)
          door.answer(body)
        })
  }

/** What a terminal does without its door waits all the same where changes of prices do. */
export async function letPricesWait(house: House, door: Door<House>, file: string): Promise<object | undefined> {
  if ((await door.setting('BURSAR_APPROVAL_PRICES')) !== 'on') return undefined
  const asked = { wanted: 'prices.set', method: 'POST', url: '/api/v1/prices/set', ifMatch: null, body: file }
  const proposed = { ...asked, contentType: 'application/yaml' }
  const earlier = await waitingAlready(house, door.principal, proposed)
  const call = { principal: door.principal, key: randomUUID() }
  const waiting = earlier ?? (JSON.parse((await propose(house, call, proposed)).answer) as Shown)
  door.say(`\nIt waits for a second person${earlier ? ' already' : ''}: ${waiting.id}`)
  door.say('Next: somebody else says yes or no with `bursar approval`.')
  return waiting
}

function answered({ status, body }: Answer): Answer['body'] {
  if (status < 400) return body
  throw new Refusal(refusedText(body, status), 'See `bursar approval list --all`.')
}

type Shown = ReturnType<typeof shownApproval>

async function list(door: Door<House>, ask: (asked: Asked) => Promise<Answer>, { all }: { all?: boolean }) {
  const found: Shown[] = []
  for (let cursor = ''; ; ) {
    const path = `/api/v1/approvals?limit=1000${all ? '' : '&state=waiting'}${cursor && `&cursor=${cursor}`}`
    const { items, next } = answered(await ask({ method: 'GET', path })) as { items: Shown[]; next: string | null }
    found.push(...items)
    if (next === null) break
    cursor = next
  }
  const zone = (await door.setting('BURSAR_ZONE')) ?? 'UTC'
  const time = (at: string | null) => (at === null ? '' : localText(Date.parse(at), zone))
  if (found.length === 0)
    door.say(
      all
        ? 'Nothing has ever waited for a second person.'
        : 'Nothing waits: bursar approval list --all shows what was decided.',
    )
  else
    door.table(
      found.map(({ id, state, operation, proposedBy, proposedAt, decidedBy, decidedAt, request }) => {
        const decided = decidedBy === null ? '' : `${state} by ${decidedBy} ${time(decidedAt)}`
        return [id, operation, proposedBy, time(proposedAt), decided, `${request.path} ${request.body ?? ''}`]
      }),
      ['approval', 'what', 'asked by', 'at', 'decided', 'request'].map((title) => ({ title })),
    )
  door.answer({ approvals: found })
}
