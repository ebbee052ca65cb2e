import type { PoolClient } from 'pg'
import { type Check, Faults } from '../../audit/check.ts'
import type { JobPriceBook } from '../../jobs/price/book.ts'
import { loadJobPrices } from '../../jobs/price/prices-commands.ts'
import type { House } from '../../operations/house.ts'
import { together, type Wrong, wrongText } from '../inquiry.ts'
import { Lines, Sorted } from '../lines.ts'
import { type EventLine, eventOf, eventsOrdered, type JobLine, jobOf, jobsOrdered } from './lines.ts'
import { wrongOf } from './went.ts'

/** After every id. */
const end = 'g'

/** Reads jobs and what they told side by side: each went as it told, and cost what its price makes of that. */
export const checkJobs = (house: House): Promise<Check> =>
  together(house.database, 2, async ([first, second]) => {
    const book = await loadJobPrices(first as PoolClient)
    const faults = new Faults()
    const jobs = new Lines(first as PoolClient, jobsOrdered)
    const lines = new Lines(second as PoolClient, eventsOrdered)
    const events = new Sorted(lines, eventOf)
    let [count, told] = [0, 0]
    try {
      for (;;) {
        const batch = (await jobs.next()).map(jobOf)
        const part = await events.upTo(batch.at(-1)?.key ?? end)
        for (const wrong of wrongsOf(batch, part, book)) faults.add(wrongText(wrong))
        count += batch.length
        told += part.length
        if (batch.length === 0) break
      }
    } finally {
      for (const each of [jobs, lines]) await each.close()
    }
    return faults.check('jobs went as they told, and cost what that comes to', `${count} jobs, told ${told} things`)
  })

function* wrongsOf(jobs: readonly JobLine[], events: readonly EventLine[], book: JobPriceBook): Generator<Wrong> {
  let place = 0
  for (const job of jobs) {
    for (; (events[place]?.key ?? end) < job.key; place += 1) yield stray(events[place] as EventLine)
    const from = place
    while (events[place]?.key === job.key) place += 1
    const wrong = attempted(job, events.slice(from, place), book)
    if (wrong !== undefined) yield { table: 'jobs.jobs', row: job.key, operation: job.operation, wrong }
  }
  for (const event of events.slice(place)) yield stray(event)
}

const stray = ({ key, id, operation }: EventLine): Wrong => ({
  table: 'jobs.jobs',
  row: key,
  operation: String(operation),
  wrong: `it is missing, and ${id} of jobs.events is of it`,
})

/** Only what was tampered with cannot be counted. */
function attempted(job: JobLine, events: readonly EventLine[], book: JobPriceBook): string | undefined {
  try {
    return wrongOf(job, events, book)
  } catch (error) {
    return `it cannot be counted: ${(error as Error).message}`
  }
}
