import type { Command } from 'commander'
import type { Static } from 'typebox'
import { type Ask, part, right } from '../../../credits/asked-cli.ts'
import type { House } from '../../../operations/house.ts'
import { type Door, type Register, WrongUsage } from '../../../terminal/door.ts'
import { durationText, grouped } from '../../../terminal/number.ts'
import { localText } from '../../../values/period.ts'
import { asking, type Listed } from '../asked-cli.ts'
import type { JobProblem, WholeJobShape } from './contract.ts'

type Problem = Static<typeof JobProblem>
type Whole = Static<typeof WholeJobShape>

/** `bursar jobs show JOB` */
export const showWith =
  (ask: Ask): Register<House> =>
  (parent, door) => {
    parent
      .command('show')
      .description('everything about one job: how it went, what it cost, and why')
      .argument('<job>', 'its id')
      .action(async (id: string, _: object, own: Command) => {
        requireJobId(id)
        const job = await asking(ask, own, door)<Whole>(`/job/${part(id)}`)
        door.answer(job)
        sayJob(door, job, (await door.setting('BURSAR_ZONE')) ?? 'UTC')
      })
  }

/** As the doors take one: with dashes or without, in braces, as a URN. */
function requireJobId(text: string): void {
  if (/^(urn:uuid:)?\{?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?$/i.test(text)) return
  throw new WrongUsage(
    `“${text}” is no id of a job.`,
    'One looks like f81d4fae-7dec-4d0c-a765-00a0c91e6bf6: whoever reserves gives it, and bursar jobs report lists them.',
  )
}

function sayJob(door: Door<House>, job: Whole, zone: string): void {
  const time = (text: string | null): string => (text === null ? '' : localText(Date.parse(text), zone))
  const named = job.name === null ? '' : ` (${job.name})`
  door.say(`${job.type} ${job.subtype}${named}: ${job.state}, ${grouped(job.amount, 2)}`)
  door.say('')
  for (const [title, text] of factsOf(job, time)) if (text !== '') door.say(`  ${title.padEnd(9)} ${text}`)
  const { steps, runs, remark, units, unit } = job.cost
  door.say(`\nWhy ${grouped(job.cost.amount, 2)}: ${grouped(units)} ${unit}`)
  for (const run of runs) {
    const span = `${time(run.from)}, for ${durationText(run.seconds * 1000)}`
    door.say(`  ${grouped(run.units)} = ${grouped(run.instances)} × ${grouped(run.seconds)} s, from ${span}`)
  }
  for (const step of steps) door.say(`  ${step.formula}${step.price_id === null ? '' : ` (price ${step.price_id})`}`)
  if (remark !== null) door.say(`  ${remark}`)
  sayCharges(door, job, time)
  sayProblems(door, job.problems, time)
  const last = job.charges[0]
  if (last) door.say(`Next: bursar explain ${last.id} shows the transfers of a charge.`)
}

function factsOf(job: Whole, time: (text: string | null) => string): [title: string, text: string][] {
  const { reserved } = job
  const wanted = [
    reserved.count === null ? '' : `count ${grouped(reserved.count)}`,
    reserved.instances === null ? '' : `${grouped(reserved.instances)} instances`,
    reserved.duration === null ? '' : `for ${durationText(reserved.duration * 1000)}`,
  ].filter((text) => text !== '')
  return [
    ['job', job.id],
    ['project', `${job.proj_id} of ${job.vlab_id}`],
    ['user', job.user_id ?? ''],
    ['group', job.group_id ?? ''],
    ['reserved', [time(job.reserved_at), grouped(reserved.amount, 2), ...wanted].join(', ')],
    ['started', time(job.started_at)],
    ['alive', job.finished_at === null ? time(job.last_alive_at) : ''],
    ['finished', time(job.finished_at)],
    ['cancelled', time(job.cancelled_at)],
    ['discount', job.discount?.discount ?? ''],
  ]
}

function sayCharges(door: Door<House>, { charges }: Whole, time: (text: string) => string): void {
  if (charges.length === 0) return
  door.say('')
  door.table(
    charges.flatMap(({ id, reservation, at, amount, refunds }) => [
      [time(at), id, reservation, grouped(amount, 2)],
      ...refunds.map((refund) => [time(refund.at), refund.id, id, grouped(`-${refund.amount}`, 2)]),
    ]),
    [{ title: 'at' }, { title: 'charge' }, { title: 'of' }, right('amount')],
  )
}

/** `bursar jobs problems` */
export const problemsWith =
  (ask: Ask): Register<House> =>
  (parent, door) => {
    parent
      .command('problems')
      .description('usage that was taken and could not be charged as it was told')
      .option('--project <id>', 'only of this project')
      .option('--job <id>', 'only of this job')
      .option('--limit <count>', 'how many of the newest', '50')
      .action(async ({ project, job, limit }: { project?: string; job?: string; limit: string }, own: Command) => {
        if (!/^[1-9]\d{0,3}$/.test(limit)) throw new WrongUsage(`--limit ${limit} is no count.`, 'Write 1 to 9999.')
        if (job !== undefined) requireJobId(job)
        const only = `${project === undefined ? '' : `&proj_id=${part(project)}`}${job === undefined ? '' : `&job_id=${part(job)}`}`
        const found = await asking(ask, own, door)<Listed<Problem>>(`/problem?page_size=${limit}${only}`)
        door.answer(found)
        if (found.items.length === 0)
          return door.say('No usage was kept that could not be charged as it was told: nothing is to be done.')
        const zone = (await door.setting('BURSAR_ZONE')) ?? 'UTC'
        sayProblems(door, found.items, (text) => localText(Date.parse(text), zone))
        door.say(`${grouped(found.meta.total_items)} in all.`)
        door.say('Next: bursar jobs show JOB; or tell the usage again for a job that there is, and it is charged.')
      })
  }

function sayProblems(door: Door<House>, problems: readonly Problem[], time: (text: string) => string): void {
  if (problems.length === 0) return
  door.say('')
  door.table(
    problems.map(({ at, reason, proj_id: project, job_id: job, usage }) => [
      time(at),
      reason,
      job ?? '',
      project,
      JSON.stringify(usage),
    ]),
    ['at', 'reason', 'job', 'project', 'told'].map((title) => ({ title })),
  )
}
