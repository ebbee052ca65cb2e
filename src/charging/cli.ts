import type { House } from '../operations/house.ts'
import { Refusal } from '../values/refusal.ts'
import { type Door, type Register, WrongUsage } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { idOf, parseId, uuidOf } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import { momentOf } from '../values/moment.ts'
import type { ProjectParty } from '../parties/party.ts'
import { newMemory } from './memory-commands.ts'
import { amountColumn } from './spoken.ts'
import { rerate as rerateUsage } from './rerate-commands.ts'
import { findProject } from './party-commands.ts'
import { creditsJson } from './statement-json.ts'
import { type Statement, type StatementLine, statementOf } from './statement-commands.ts'
import { writeTrueUps } from './true-up-commands.ts'

type Range = { project?: string; from?: string; to?: string }

const dateText = 'a date (its start, in the zone of the site) or a time with its zone'

/** `bursar statement --project P` */
export const statement: Register<House> = (command, door) => {
  command
    .requiredOption('--project <name>', 'name or id of the project')
    .option('--from <date>', `usage that ended at this moment or later: ${dateText}`)
    .option('--to <date>', 'usage that ended before this')
    .action(async (options: Range) => {
      const house = await door.house()
      const project = await projectOf(house, options.project as string)
      const { from, to } = rangeOf(options, house.zone)
      showStatement(door, await statementOf(house, project, from, to))
    })
}

export async function projectOf(house: House, text: string): Promise<ProjectParty> {
  const id = parseId('project', text)
  const found = await findProject(house, id ? uuidOf(id) : text)
  if (found) return found
  throw new Refusal(`There is no project “${text}”.`, 'bursar parties list shows the projects that there are.')
}

function rangeOf({ from, to }: Range, zone: string): { from: Date | null; to: Date | null } {
  const moment = (option: string, text: string | undefined) => {
    if (text === undefined) return null
    const ms = momentOf(text, zone)
    if (ms === undefined)
      throw new WrongUsage(`${option} ${text} is no date.`, 'Write 2026-11-01 or 2026-11-01T08:00:00Z.')
    return new Date(ms)
  }
  const range = { from: moment('--from', from), to: moment('--to', to) }
  if (range.from && range.to && range.from >= range.to) {
    throw new WrongUsage('--from is not before --to.', 'A range ends after it begins.')
  }
  return range
}

function showStatement(door: Door<House>, found: Statement): void {
  const { project } = found
  const lineJson = ({ nanos, ...line }: StatementLine) => ({ ...line, amount: nanosText(nanos) })
  const byCurrency = (map: ReadonlyMap<string, bigint>) =>
    Object.fromEntries([...map].map(([currency, nanos]) => [currency, nanosText(nanos)]))
  door.answer({
    project: { id: idOf('project', project.project), name: project.name, organisation: project.organisationName },
    tier: project.tier,
    from: found.from,
    to: found.to,
    lines: found.lines.map(lineJson),
    trueUps: found.trueUps.map(lineJson),
    ...creditsJson(found),
    total: byCurrency(found.totals),
    notCharged: found.notCharged,
    owed: byCurrency(found.owed),
  })
  door.say(`${project.name}, of ${project.organisationName} (tier ${project.tier}, ${project.payment})`)
  door.say('')
  const note = 'tiers and included volume of the month'
  const lines = [
    ...found.lines.map((line) => ({ line, note: '' })),
    ...found.trueUps.map((line) => ({ line, note })),
    ...found.settled.map((line) => ({
      line: { ...line, component: line.service, records: line.settlements, quantity: '' },
      note: 'reservations',
    })),
  ]
  const totals = [...found.totals]
  const amounts = amountColumn([...lines.map(({ line }) => line.nanos), ...totals.map(([, nanos]) => nanos)])
  door.table(
    [
      ...lines.map(({ line, note: remark }, index) => [
        line.period.slice(0, 7),
        line.component,
        remark,
        grouped(line.records),
        remark === '' ? grouped(line.quantity) : '',
        `${amounts[index]} ${line.currency}`,
      ]),
      ...totals.map(([currency], index) => ['', 'total', '', '', '', `${amounts[lines.length + index]} ${currency}`]),
    ],
    [
      { title: 'month' },
      { title: 'component' },
      { title: '' },
      { title: 'records', align: 'right' },
      { title: 'quantity', align: 'right' },
      { title: 'amount', align: 'right' },
    ],
  )
  if (found.wallets.length > 0) showWallets(door, found)
  if (found.notCharged.length > 0) {
    door.say('\nNot charged:')
    door.table(
      found.notCharged.map(({ state, reason, records }) => [grouped(records), state, reason]),
      [{ title: 'records', align: 'right' }, { title: 'state' }, { title: 'reason' }],
    )
  }
  const owed = [...found.owed].map(([currency, nanos]) => amountText(nanosText(nanos), currency))
  if (owed.length > 0 || found.wallets.length === 0) {
    door.say(`\nIn the ledger, not yet billed: ${owed.join(', ') || 'nothing'}`)
  }
  door.say('Next: bursar explain JOB shows why one job cost what it did.')
}

function showWallets(door: Door<House>, { wallets }: Statement): void {
  door.say('\nCredits:')
  const amount = (nanos: bigint) => grouped(nanosText(nanos), 2)
  door.table(
    wallets.map(({ currency, granted, spent, refunded, expired, movedIn, movedOut, now }) => [
      currency,
      amount(granted),
      amount(spent),
      amount(refunded),
      amount(expired),
      amount(movedIn - movedOut),
      grouped(now.held, 2),
      grouped(now.available, 2),
    ]),
    ['currency', 'granted', 'spent', 'refunded', 'expired', 'moved', 'held now', 'available now'].map(
      (title, index) => ({ title, ...(index > 0 && { align: 'right' as const }) }),
    ),
  )
}

/** `bursar rerate` */
export const rerate: Register<House> = (command, door) => {
  command
    .requiredOption('--reason <text>', 'why; it stands in the audit record')
    .option('--project <name>', 'name or id of the project; all projects without it')
    .option('--from <date>', `usage that ended at this moment or later: ${dateText}`)
    .option('--to <date>', 'usage that ended before this')
    .option('--apply', 'do it; without this it only says what would change')
    .action(async (options: Range & { reason: string; apply?: true }) => {
      const house = await door.house()
      const project = options.project === undefined ? null : (await projectOf(house, options.project)).project
      const range = rangeOf(options, house.zone)
      const memory = newMemory(house.zone)
      const dryRun = options.apply !== true
      const choice = { principal: door.principal, project, ...range, reason: options.reason, dryRun }
      const result = await rerateUsage(house, choice, memory)
      const amounts = new Map(result.amounts)
      if (!dryRun) {
        const trueUps = await writeTrueUps(house, door.principal, memory)
        for (const [currency, nanos] of trueUps.amounts) amounts.set(currency, (amounts.get(currency) ?? 0n) + nanos)
      }
      const amount = Object.fromEntries([...amounts].map(([currency, nanos]) => [currency, nanosText(nanos)]))
      door.answer({ looked: result.looked, changed: result.changed, amount, dryRun })
      door.say(
        `${grouped(result.looked)} records looked at, ${grouped(result.changed)} ${dryRun ? 'would change' : 'changed'}.`,
      )
      for (const [currency, text] of Object.entries(amount)) door.say(`difference: ${amountText(text, currency)}`)
      if (dryRun && result.changed > 0) door.say('\nNothing was written. Add --apply to do it.')
    })
}
