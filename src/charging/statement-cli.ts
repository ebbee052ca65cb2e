import type { House } from '../operations/house.ts'
import type { Door, Register } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { type ThereOf, withQuery } from '../terminal/there.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import { dateText, noProject, projectOf, projectText, type Range, rangeOf } from './cli.ts'
import type { Statement as Told } from './contract.ts'
import { amountColumn } from './spoken.ts'
import { statementJson } from './statement-json.ts'
import { statementOf } from './statement-commands.ts'

/** `bursar statement --project P` */
export const statementWith =
  (thereOf: ThereOf<House>): Register<House> =>
  (command, door) => {
    command
      .requiredOption('--project <name>', 'name or id of the project', projectText)
      .option('--from <date>', `usage that ended at this moment or later: ${dateText}`)
      .option('--to <date>', 'usage that ended before this')
      .addHelpText('after', rangeText)
      .action(async (options: Range) => {
        const there = await thereOf(door)
        const { project = '', from, to } = options
        const path = withQuery(`/api/v1/statements/${encodeURIComponent(project)}`, { from, to })
        const found = there ? await there.find(path) : await told(await door.house(), options)
        if (!found) throw noProject(project)
        show(door, found as Told)
      })
  }

const rangeText = `
A month that is wholly in the range is told as the ledger has it: with what its tiers and included volume add or take, and
with its part of usage that was split at the end of a month. Of a month that the range cuts there is the usage that ended
in the range (a part that was split off at the end of the month ended there); what tiers and included volume make of that
month is not in it, and the statement says so.`

async function told(house: House, options: Range): Promise<Told> {
  const project = await projectOf(house, options.project as string)
  const { from, to } = rangeOf(options, house.zone)
  return statementJson(await statementOf(house, project, from, to))
}

function show(door: Door<House>, found: Told): void {
  // A month is told by its first day, as ever.
  const whole = <Line extends Told['lines'][number]>(line: Line) => ({ ...line, period: `${line.period}-01` })
  const { payment, lines, trueUps, trueUpsLeftOut, ...rest } = found
  const months = { trueUps: trueUps.map(whole), trueUpsLeftOut: trueUpsLeftOut.map(whole) }
  door.answer({ ...rest, payment, lines: lines.map(whole), ...months })
  const { project, tier } = found
  door.say(`${project.name}, of ${project.organisation} (tier ${tier}, ${payment})`)
  door.say('')
  const isCharged = showLines(door, found)
  for (const { period, service, component, amount, currency } of trueUpsLeftOut) {
    const what = `${amountText(amount, currency)} for ${service} ${component}`
    door.say(`\nNot in it, for the range cuts ${period}: what tiers and included volume make of the month, ${what}.`)
  }
  if (found.wallets.length > 0) showWallets(door, found)
  if (found.notCharged.length > 0) {
    door.say('\nNot charged:')
    door.table(
      found.notCharged.map(({ state, reason, records }) => [grouped(records), state, reason]),
      [{ title: 'records', align: 'right' }, { title: 'state' }, { title: 'reason' }],
    )
  }
  const amounts = (of: Told['owed']) => Object.entries(of).map(([currency, amount]) => amountText(amount, currency))
  const [refunded, owed] = [amounts(found.refunded), amounts(found.owed)]
  if (refunded.length > 0) door.say(`\nRefunded, and not owed any more: ${refunded.join(', ')}`)
  if (owed.length > 0 || found.wallets.length === 0) {
    const ofAll = found.from === null && found.to === null ? '' : ', of all months'
    door.say(`\nIn the ledger, not yet billed${ofAll}: ${owed.join(', ') || 'nothing'}`)
  }
  if (isCharged) door.say('Next: bursar explain JOB shows why one job cost what it did.')
}

/** What to do about a statement on which nothing stands. */
function emptyText({ from, to, notCharged }: Told): string {
  const isWhole = from === null && to === null
  if (notCharged.length > 0) return `Nothing was charged${isWhole ? '' : ' in this range'}; why not stands below.`
  if (!isWhole) return 'Nothing was used or charged in this range: leave out --from and --to to see all there is.'
  return 'Nothing was used or charged yet: usage comes with bursar ingest slurm FILE, or at POST /api/v1/usage.'
}

/** Answers whether anything was charged. */
function showLines(door: Door<House>, found: Told): boolean {
  const note = ({ ids }: Told['trueUps'][number]) =>
    `tiers and included volume of the month: ${ids.at(-1)}${ids.length > 1 ? ` and ${ids.length - 1} before it` : ''}`
  const lines = [
    ...found.lines.map((line) => ({ line, note: '' })),
    ...found.trueUps.map((line) => ({ line, note: note(line) })),
    ...found.settled.map((line) => ({
      line: { ...line, component: '', records: line.settlements, quantity: '' },
      note: 'reservations',
    })),
  ]
  if (lines.length === 0) {
    door.say(emptyText(found))
    return false
  }
  const totals = Object.entries(found.total)
  const amounts = amountColumn([
    ...lines.map(({ line }) => nanosFrom(line.amount)),
    ...totals.map(([, amount]) => nanosFrom(amount)),
  ])
  door.table(
    [
      ...lines.map(({ line, note: remark }, index) => [
        line.period,
        line.service,
        line.component,
        remark,
        grouped(line.records),
        remark === '' ? grouped(line.quantity) : '',
        `${amounts[index]} ${line.currency}`,
      ]),
      ...totals.map(([currency], index) => [
        '',
        'total',
        '',
        '',
        '',
        '',
        `${amounts[lines.length + index]} ${currency}`,
      ]),
    ],
    [
      { title: 'month' },
      { title: 'service' },
      { title: 'component' },
      { title: '' },
      { title: 'records', align: 'right' },
      { title: 'quantity', align: 'right' },
      { title: 'amount', align: 'right' },
    ],
  )
  return true
}

function showWallets(door: Door<House>, { wallets }: Told): void {
  door.say('\nCredits:')
  const amount = (text: string) => grouped(text, 2)
  door.table(
    wallets.map(({ currency, granted, spent, refunded, expired, movedIn, movedOut, held, available }) => [
      currency,
      amount(granted),
      amount(spent),
      amount(refunded),
      amount(expired),
      amount(nanosText(nanosFrom(movedIn) - nanosFrom(movedOut))),
      amount(held),
      amount(available),
    ]),
    ['currency', 'granted', 'spent', 'refunded', 'expired', 'moved', 'held now', 'available now'].map(
      (title, index) => ({ title, ...(index > 0 && { align: 'right' as const }) }),
    ),
  )
}
