import type { Command } from 'commander'
import { type Ask, part, right } from '../../credits/asked-cli.ts'
import type { House } from '../../operations/house.ts'
import { type Door, type Register, WrongUsage } from '../../terminal/door.ts'
import { grouped } from '../../terminal/number.ts'
import { parseId, uuidOf } from '../../values/id.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'
import { momentOf } from '../../values/moment.ts'
import { localText } from '../../values/period.ts'
import { Refusal } from '../../values/refusal.ts'
import { type AskJobs, asking, type Listed } from './asked-cli.ts'
import { csvHead, csvLine } from './csv.ts'

type Options = { project?: string; lab?: string; from?: string; to?: string; csv?: true; limit: string }
type Item = {
  readonly job_id: string
  readonly type: string
  readonly subtype: string
  readonly name?: string
  readonly started_at: string
  readonly amount: string
}
type Row = Item & Readonly<Record<string, unknown>>

/** As many as a door answers at once. */
const atOnce = 10_000
const dateText = 'a date (its start in BURSAR_ZONE) or a time with its zone'

/** `bursar jobs report` */
export const reportWith =
  (ask: Ask): Register<House> =>
  (parent, door) => {
    parent
      .command('report')
      .description('what finished jobs cost')
      .option('--project <project>', 'only of this project: its id or its name')
      .option('--lab <id>', 'only of this virtual lab')
      .option('--from <date>', `jobs that started at this moment or later: ${dateText}`)
      .option('--to <date>', 'jobs that started before this')
      .option('--csv', 'all of them as CSV')
      .option('--limit <count>', 'how many of the newest are listed', '20')
      .action(async (options: Options, own: Command) => {
        if (options.csv && door.json)
          throw new WrongUsage('--csv and --json are two answers.', 'Leave out one of them.')
        const jobs = asking(ask, own, door)
        const pages = pagesOf(jobs, await pathOf(jobs, options), await rangeOf(door, options))
        if (options.csv) await sayCsv(door, pages)
        else await saySums(door, pages, countOf(options.limit))
      })
  }

function countOf(limit: string): number {
  if (/^\d{1,4}$/.test(limit)) return Number(limit)
  throw new WrongUsage(`--limit ${limit} is no count.`, 'Write 0 to 9999.')
}

async function pathOf(jobs: AskJobs, { project, lab }: Options): Promise<string> {
  if (project !== undefined && lab !== undefined)
    throw new WrongUsage('--project and --lab are two reports.', 'Leave out one of them.')
  if (lab === '') throw new WrongUsage('--lab is blank.', 'Give the id of a virtual lab, or leave it out.')
  if (project !== undefined) return `/report/project/${await projectOf(jobs, project)}`
  return lab === undefined ? '/report/system' : `/report/virtual-lab/${part(lab)}`
}

/** By its id in either form, else by its name. */
async function projectOf(jobs: AskJobs, text: string): Promise<string> {
  const id = parseId('project', text)
  if (id) return uuidOf(id)
  if (/^[0-9a-f-]{32,36}$/i.test(text)) return text
  const found: string[] = []
  for (let page = 1; ; page++) {
    const list = await jobs<Listed<{ id: string; name: string }>>(`/account/project?page=${page}&page_size=${atOnce}`)
    found.push(...list.items.filter(({ name }) => name === text).map((account) => account.id))
    if (page >= list.meta.total_pages) break
  }
  const [only] = found
  if (only === undefined)
    throw new Refusal(`There is no project “${text}” with jobs.`, 'Give its id, or its whole name.')
  if (found.length > 1)
    throw new Refusal(`${found.length} projects are called “${text}”.`, `Name one: ${found.join(', ')}`)
  return only
}

type Span = { readonly after: string | undefined; readonly before: string | undefined }

async function rangeOf(door: Door<House>, { from, to }: Options): Promise<Span> {
  const zone = (await door.setting('BURSAR_ZONE')) ?? 'UTC'
  const moment = (option: string, text: string): string => {
    const ms = momentOf(text, zone)
    if (ms === undefined)
      throw new WrongUsage(`${option} ${text} is no date.`, 'Write 2026-11-01 or 2026-11-01T08:00:00Z.')
    return new Date(ms).toISOString()
  }
  const [after, before] = [
    from === undefined ? undefined : moment('--from', from),
    to === undefined ? undefined : moment('--to', to),
  ]
  if (after !== undefined && before !== undefined && after >= before)
    throw new WrongUsage('--from is not before --to.', 'A range ends after it begins.')
  return { after, before }
}

/**
 * A page by its number would have some of the page before, when a job has finished meanwhile. So what follows is asked for
 * by the second of the last job, less those of it that were told.
 */
async function* pagesOf(jobs: AskJobs, path: string, { after, before }: Span): AsyncGenerator<readonly Row[]> {
  const told = new Set<string>()
  for (let [end, page] = [before, 1]; ; ) {
    const range = {
      ...(after !== undefined && { started_after: after }),
      ...(end !== undefined && { started_before: end }),
    }
    const query = new URLSearchParams({ page: String(page), page_size: String(atOnce), ...range })
    const { items, meta } = await jobs<Listed<Row>>(`${path}?${query.toString()}`)
    yield items.filter((item) => !told.has(item.job_id))
    const last = items.at(-1)
    if (!last || page >= meta.total_pages) return
    const next = endOf(last)
    // A second may have more than one page.
    if (next !== end) told.clear()
    page = next === end ? page + 1 : 1
    end = next
    for (const item of items) if (endOf(item) === end) told.add(item.job_id)
  }
}

/** The end of the second in which a job started. */
const endOf = ({ started_at: at }: Row): string =>
  new Date((Math.floor(Date.parse(at) / 1000) + 1) * 1000).toISOString()

/** Line ends are those of CSV: a line that is said gets its last character here. */
async function sayCsv(door: Door<House>, pages: AsyncIterable<readonly Row[]>): Promise<void> {
  door.say(csvHead.slice(0, -1))
  for await (const items of pages) for (const item of items) door.say(csvLine(item).slice(0, -1))
}

type Sum = { readonly type: string; readonly subtype: string; jobs: number; nanos: bigint }

async function saySums(door: Door<House>, pages: AsyncIterable<readonly Row[]>, limit: number): Promise<void> {
  const newest: Row[] = []
  const sums = new Map<string, Sum>()
  for await (const items of pages) {
    newest.push(...items.slice(0, limit - newest.length))
    for (const { type, subtype, amount } of items) {
      const key = `${type} ${subtype}`
      const sum = sums.get(key) ?? { type, subtype, jobs: 0, nanos: 0n }
      sums.set(key, { ...sum, jobs: sum.jobs + 1, nanos: sum.nanos + nanosFrom(amount) })
    }
  }
  const all = [...sums.values()].sort((a, b) => (a.nanos > b.nanos ? -1 : a.nanos < b.nanos ? 1 : 0))
  const jobs = all.reduce((count, sum) => count + sum.jobs, 0)
  const total = nanosText(all.reduce((sum, { nanos }) => sum + nanos, 0n))
  door.answer({
    jobs,
    amount: total,
    by: all.map(({ nanos, ...sum }) => ({ ...sum, amount: nanosText(nanos) })),
    newest,
  })
  if (jobs === 0)
    return door.say(
      'No job has finished there: what could not be charged as it was told is listed by bursar jobs problems.',
    )
  await sayNewest(door, newest)
  door.table(
    [
      ...all.map((sum) => [sum.type, sum.subtype, grouped(sum.jobs), grouped(nanosText(sum.nanos), 2)]),
      ['total', '', grouped(jobs), grouped(total, 2)],
    ],
    [{ title: 'type' }, { title: 'subtype' }, right('jobs'), right('amount')],
  )
  door.say('Next: bursar jobs show JOB says why one cost what it did; --csv writes all of them.')
}

async function sayNewest(door: Door<House>, newest: readonly Row[]): Promise<void> {
  if (newest.length === 0) return
  const zone = (await door.setting('BURSAR_ZONE')) ?? 'UTC'
  door.table(
    newest.map(({ started_at: at, job_id: job, subtype, name, amount }) => [
      localText(Date.parse(at), zone),
      job,
      subtype,
      name ?? '',
      grouped(amount, 2),
    ]),
    [{ title: 'started' }, { title: 'job' }, { title: 'subtype' }, { title: 'name' }, right('amount')],
  )
  door.say('')
}
