import { randomUUID } from 'node:crypto'
import { countWaiting, dismiss, dismissed, waiting, type WaitingRow } from '../metering/quarantine-commands.ts'
import type { House } from '../operations/house.ts'
import { type Door, type Register, WrongUsage } from '../terminal/door.ts'
import { amountText, durationText, grouped } from '../terminal/number.ts'
import { reasonOf } from '../terminal/reason.ts'
import { numbered, numberOf } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import { Refusal } from '../values/refusal.ts'
import { newMemory } from './memory-commands.ts'
import { replay, type RowReader } from './replay-commands.ts'

type ListOptions = { after?: string; limit: string; raw?: true; dismissed?: true }
type ReplayOptions = { cluster?: string; unknown: string; dryRun?: true }

/** What reads the rows of each door; `cluster` is what the operator says of dumps that do not say it. */
export type RowReaders = (cluster: string | undefined) => Readonly<Record<string, RowReader>>

const whatItIs = `
Quarantine holds what could not become a usage record: rows that cannot be read, and usage that names somebody
unknown (--unknown quarantine). One bad row stops nothing else. Once the reason is gone, replay it:
  bursar parties import parties.csv      says who the unknown ones are
  bursar quarantine replay               tries everything that waits; what still fails goes on waiting
What will never be read can be dismissed: it stays, with the reason, and is neither replayed nor waits when it comes again.
  bursar quarantine dismiss qua_7 --reason 'a broken line; the next dump says it well'
`

/** `bursar quarantine list|replay|dismiss` */
export const quarantineWith =
  (readers: RowReaders): Register<House> =>
  (command, door) => {
    command
      .command('list')
      .description('what waits, oldest first, and why')
      .option('--limit <rows>', 'how many', '50')
      .option('--after <id>', 'those after this one: the next page')
      .option('--raw', 'show the rows themselves too; they may hold personal data')
      .option('--dismissed', 'what was dismissed, instead of what waits')
      .addHelpText('after', whatItIs)
      .action((options: ListOptions) => list(door, options))
    command
      .command('replay')
      .description('try again what waits, and charge what can be charged now')
      .argument('[id...]', 'only these, as list prints them: qua_7')
      .option('--cluster <name>', 'the cluster of rows that do not say it')
      .option(
        '--unknown <what>',
        'names that are still unknown: create them, or leave their rows in quarantine',
        'quarantine',
      )
      .option('--dry-run', 'say what would happen; write nothing')
      .addHelpText('after', whatItIs)
      .action((ids: string[], options: ReplayOptions) => again(door, ids, options, readers))
    command
      .command('dismiss')
      .description('let what will never be read wait no more; nothing is deleted')
      .argument('<id...>', 'these, as list prints them: qua_7')
      .requiredOption('--reason <text>', 'why; it stands in the audit record', reasonOf)
      .addHelpText('after', whatItIs)
      .action((ids: string[], { reason }: { reason: string }) => letGo(door, ids, reason))
  }

const idFrom = (text: string): bigint => {
  const id = numberOf('quarantined', text)
  if (id === undefined) throw new WrongUsage(`${text} is no id of a quarantined row.`, 'Write it as list does: qua_7.')
  return id
}

async function list(door: Door<House>, options: ListOptions): Promise<void> {
  const { after, limit, raw } = options
  if (!/^[1-9]\d{0,4}$/.test(limit)) throw new WrongUsage(`--limit ${limit} is no count.`, 'Write 1 to 99999.')
  const reader = (await door.house()).database.pool
  const rows = await (options.dismissed ? dismissed : waiting)(
    reader,
    after === undefined ? 0n : idFrom(after),
    Number(limit),
  )
  const counts = await countWaiting(reader)
  const all = counts.reduce((sum, { count }) => sum + Number(count), 0)
  const last = rows.at(-1)
  const next = rows.length === Number(limit) && last ? numbered('quarantined', last.id) : null
  door.answer({ waiting: all, rows: rows.map((row) => rowJson(row, raw === true)), next })
  if (options.dismissed && rows.length === 0) {
    return door.say(`Nothing ${after === undefined ? '' : 'more '}was dismissed.`)
  }
  if (all === 0 && !options.dismissed) return door.say('Nothing waits in quarantine.')
  if (rows.length === 0) return door.say(`Nothing waits behind ${after}: leave out --after to begin at the first.`)
  showRows(door, rows)
  if (raw) for (const row of rows) door.say(`\n${numbered('quarantined', row.id)}\n${row.raw}`)
  if (options.dismissed) {
    if (next) door.say(`\nThe next page: bursar quarantine list --dismissed --after ${next}`)
    return
  }
  door.say(`\n${grouped(all)} wait: ${counts.map(({ source, count }) => `${source} ${grouped(count)}`).join(', ')}.`)
  if (next) door.say(`The next page: bursar quarantine list --after ${next}`)
  door.say('Once the reasons are gone: bursar quarantine replay')
}

function showRows(door: Door<House>, rows: readonly WaitingRow[]): void {
  const now = Date.now()
  const titles = ['id', 'source', 'where', 'age', 'reason']
  if (rows.some((row) => row.dismissed)) titles.push('dismissed by', 'because')
  door.table(
    rows.map((row) => [
      numbered('quarantined', row.id),
      row.source,
      row.line > 0 ? `${row.origin}:${row.line}` : row.origin,
      ageText(now - row.at.getTime()),
      row.reason,
      ...(row.dismissed ? [numbered('operation', row.dismissed.operation), row.dismissed.reason] : []),
    ]),
    titles.map((title) => ({ title })),
  )
}

/** Of days and more nobody wants the minutes. */
function ageText(milliseconds: number): string {
  const days = Math.floor(milliseconds / 86_400_000)
  if (days >= 2) return `${grouped(days)} days`
  return durationText(Math.max(0, milliseconds)).replace(/\.\d s$/, ' s')
}

const rowJson = (
  { id, at, source, door, origin, line, reason, raw, dismissed: done }: WaitingRow,
  withRaw: boolean,
) => ({
  id: numbered('quarantined', id),
  at,
  source,
  door,
  origin,
  line,
  reason,
  ...(withRaw ? { raw } : {}),
  ...(done && { dismissed: { operation: numbered('operation', done.operation), reason: done.reason } }),
})

async function again(door: Door<House>, ids: readonly string[], options: ReplayOptions, readers: RowReaders) {
  // They were set aside on purpose: only an order of its own creates them.
  const { unknown } = options
  if (unknown !== 'create' && unknown !== 'quarantine') {
    throw new WrongUsage(`--unknown ${unknown} is not known.`, 'Use create or quarantine.')
  }
  const only = ids.length > 0 ? [...new Set(ids.map(idFrom))] : undefined
  const house = await door.house()
  await refuseMissing(house, only)
  const dryRun = options.dryRun === true
  const progress = door.progress()
  const result = await replay(
    house,
    {
      principal: door.principal,
      unknown,
      dryRun,
      only,
      readers: readers(options.cluster),
      signal: door.signal,
      onPage: ({ replayed }) => progress.show(() => `${grouped(replayed)} rows replayed`),
    },
    newMemory(house.zone),
  ).finally(() => progress.end())
  const { replayed, stillWaiting, recorded, duplicates, corrected, charged, unpriced } = result
  const amount = Object.fromEntries([...result.amounts].map(([currency, nanos]) => [currency, nanosText(nanos)]))
  door.answer({ replayed, stillWaiting, recorded, duplicates, corrected, charged, unpriced, amount, dryRun })
  if (replayed + stillWaiting === 0) return door.say('Nothing waits in quarantine.')
  door.table(
    [
      ['replayed', grouped(replayed)],
      ['recorded', grouped(recorded)],
      ['seen before', grouped(duplicates)],
      ['corrected', grouped(corrected)],
      ['charged', grouped(charged)],
      ['unpriced', grouped(unpriced)],
      ...Object.entries(amount).map(([currency, text]) => ['amount', amountText(text, currency)]),
      ['still waiting', grouped(stillWaiting)],
    ],
    [{ title: dryRun ? 'dry run' : 'rows' }, { title: 'count', align: 'right' }],
  )
  if (dryRun) door.say('\nNothing was written. Leave out --dry-run to do it.')
  else if (stillWaiting > 0) door.say('\nWhy the rest still waits: bursar quarantine list')
}

async function letGo(door: Door<House>, texts: readonly string[], reason: string): Promise<void> {
  const ids = [...new Set(texts.map(idFrom))]
  const house = await door.house()
  await refuseMissing(house, ids)
  const { answer, operation } = await dismiss(house, { principal: door.principal, key: randomUUID() }, ids, reason)
  door.answer({ ...(JSON.parse(answer) as object), operation: numbered('operation', operation) })
  door.say(`${grouped(ids.length)} dismissed. Those dismissed so far: bursar quarantine list --dismissed`)
}

async function refuseMissing(house: House, only: readonly bigint[] | undefined): Promise<void> {
  if (!only) return
  const found = new Set((await waiting(house.database.pool, 0n, only.length, only)).map(({ id }) => id))
  const missing = only.filter((id) => !found.has(id)).map((id) => numbered('quarantined', id))
  if (missing.length === 0) return
  throw new Refusal(`${missing.join(', ')} does not wait in quarantine.`, 'bursar quarantine list shows what does.')
}
