import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { newMemory } from '../charging/memory-commands.ts'
import type { House } from '../operations/house.ts'
import { type Door, type Register, WrongUsage } from '../terminal/door.ts'
import { durationText, grouped } from '../terminal/number.ts'
import { decimalText } from '../values/decimal.ts'
import { momentOf } from '../values/moment.ts'
import { isZone } from '../values/period.ts'
import { ingest, type IngestResult } from './commands.ts'
import type { Format } from './page.ts'
import { sacctCall } from './sacct.ts'

const formats: readonly Format[] = ['auto', 'sacct', 'json', 'csv']

type Options = {
  cluster?: string
  format: string
  zone?: string
  chargeFrom?: string
  unknown?: string
  dryRun?: true
}

/** `bursar ingest slurm FILE…` */
export const ingestSlurm: Register<House> = (command, door) => {
  command
    .command('slurm')
    .description('read what Slurm says of its jobs, record, rate and charge it')
    .argument('<file...>', 'output of sacct -P or sacct --json, slurmrestd, or CSV; gzip too; - is standard input')
    .option('--cluster <name>', 'the cluster, where the dump has no Cluster column')
    .option('--format <format>', `one of ${formats.join(', ')}`, 'auto')
    .option('--zone <zone>', 'IANA zone of times written without one (default: the zone of the site)')
    .option('--charge-from <date>', 'usage that ended before is recorded and rated, never charged; for good')
    .option('--unknown <what>', 'names never met before: create or quarantine (BURSAR_UNKNOWN_PARTIES)')
    .option('--dry-run', 'say what would happen; write nothing')
    .addHelpText('after', helpText)
    .action(async (files: string[], options: Options) => await run(files, options, door))
}

const youngEnough = 32 * 2 ** 20

/**
 * Node lets the heap of young objects grow to 128 MiB; a quarter is as fast here, and leaves room for large pages. No
 * flag bounds it once Node runs, so it is filled until it has grown that far, and then told to grow no more.
 */
function boundYoungHeap(): void {
  const filling: object[] = []
  for (let count = 0; count < 1_000_000; count += 1) {
    if (count % 10_000 === 0 && youngSize() >= youngEnough) break
    filling.push({ count })
  }
  setFlagsFromString('--semi-space-growth-factor=1')
}

const youngSize = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0

const helpText = `
Ask Slurm like this, so that nothing is missing and every time is in UTC:
  ${sacctCall.replace(' --format', ' \\\n    --format')}
With --allocations besides there are no steps: fewer rows, and what was really used is not known. The same dump may be
read again, in pieces, or after it was interrupted: what is known already is counted as seen before and charged no
second time.

What --charge-from leaves uncharged stays so: reading the dump again with another date, or without one, charges
nothing of it. Try it with --dry-run first.

A dry run does all of it, in one transaction that is rolled back. Until it ends, the seal waits, and so do names and jobs
that it meets first; when somebody else comes to need one of them, the dry run ends and says so.`

async function run(files: readonly string[], options: Options, door: Door<House>): Promise<void> {
  const format = formats.find((each) => each === options.format)
  if (!format) throw new WrongUsage(`--format ${options.format} is not known.`, `Use one of: ${formats.join(', ')}.`)
  if (options.zone !== undefined && !isZone(options.zone)) {
    throw new WrongUsage(`--zone ${options.zone} is no time zone.`, 'Use an IANA name such as Asia/Bangkok.')
  }
  const unknown = options.unknown ?? (await door.setting('BURSAR_UNKNOWN_PARTIES'))
  if (unknown !== 'create' && unknown !== 'quarantine') {
    throw new WrongUsage(`--unknown ${unknown} is not known.`, 'Use create or quarantine.')
  }
  const house = await door.house()
  // Node lets garbage grow to four times what lives; twice is as fast here, and a third less memory at the peak.
  setFlagsFromString('--heap-growing-percent=100')
  boundYoungHeap()
  const zone = options.zone ?? house.zone
  const started = performance.now()
  const progress = door.progress()
  const result = await ingest(
    house,
    files,
    {
      principal: door.principal,
      unknown,
      chargeFrom: options.chargeFrom === undefined ? null : chargeFromOf(options.chargeFrom, house.zone),
      dryRun: options.dryRun === true,
      format,
      cluster: options.cluster,
      zone,
      signal: door.signal,
      onPage: (soFar, bytes) => progress.show(() => `${grouped(soFar.read)} jobs read${percentOf(bytes)}`),
    },
    newMemory(house.zone),
  ).finally(() => progress.end())
  report(door, result, (performance.now() - started) / 1000, options.dryRun === true)
}

const percentOf = ({ done, all }: { done: number; all: number | undefined }) =>
  all ? `, ${Math.min(100, Math.floor((done / all) * 100))} %` : ''

function chargeFromOf(text: string, zone: string): number {
  const ms = momentOf(text, zone)
  if (ms !== undefined) return ms
  throw new WrongUsage(
    `--charge-from ${text} is no date.`,
    'Write 2026-11-01, or a time with its zone: 2026-11-01T08:00:00Z.',
  )
}

function report(door: Door<House>, result: IngestResult, seconds: number, dryRun: boolean): void {
  const { read, recorded, duplicates, corrected, quarantined, charged, unpriced, amounts } = result
  const amount = Object.fromEntries([...amounts].map(([currency, nanos]) => [currency, decimalText(nanos, 9)]))
  door.answer({
    read,
    recorded,
    duplicates,
    corrected,
    quarantined,
    charged,
    unpriced,
    amount,
    seconds: Math.round(seconds * 1000) / 1000,
    pending: result.pending,
    trueUps: result.trueUps,
    notes: result.notes,
    dryRun,
    interrupted: result.interrupted,
  })
  for (const note of result.notes) door.remark(`note: ${note}`)
  const rows: [string, string, string][] = [
    ['read', grouped(read), result.pending > 0 ? `and ${grouped(result.pending)} that wait for their start` : ''],
    ['recorded', grouped(recorded), ''],
    ['seen before', grouped(duplicates), ''],
    ['corrected', grouped(corrected), corrected > 0 ? 'known records with newer facts' : ''],
    ['quarantined', grouped(quarantined), quarantined > 0 ? 'see: bursar quarantine list' : ''],
    ['charged', grouped(charged), ''],
    ['unpriced', grouped(unpriced), unpriced > 0 ? 'they wait for a price: bursar prices set' : ''],
    ...Object.entries(amount).map(([currency, text]): [string, string, string] => [
      `amount ${currency}`,
      grouped(text, 2),
      '',
    ]),
    ['time', durationText(seconds * 1000), read > 0 ? `${grouped(Math.round(read / seconds))} jobs a second` : ''],
  ]
  door.table(rows, [{ title: dryRun ? 'dry run' : 'jobs' }, { title: 'count', align: 'right' }, { title: '' }])
  if (dryRun) door.say('\nNothing was written. Leave out --dry-run to do it.')
  else if (result.interrupted)
    door.say('\nInterrupted. What is counted here is done; run the same command again for the rest.')
  else door.say('\nNext: bursar statement --project NAME, bursar explain JOB, bursar verify')
}
