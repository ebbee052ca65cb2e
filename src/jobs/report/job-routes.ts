import { mayTouch, principalOf } from '../../http/principal.ts'
import { looking } from '../../database/transaction.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { offsetOf, Page, pageOf } from '../door/page.ts'
import { noSuchJob } from '../job/reserve.ts'
import { optional, parameters } from '../lax/model.ts'
import { uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { subtypeWord } from '../price/subtype.ts'
import { shownMax, wholeJob } from './look/commands.ts'
import { OpenJob, WholeJobShape } from './look/contract.ts'
import { jobShown, openJobShown } from './look/shown.ts'
import { countOpenJobs, openJobs } from './look/sql.ts'
import { reportPaging } from './query.ts'

/** `GET /job/…`: longrun jobs that are open, and everything about one job. */
export function addJobLooks(scope: JobScope, parts: JobParts): void {
  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/job/longrun/open',
      operation: 'jobs.read',
      id: 'listOpenLongrunJobs',
      summary: 'Longrun jobs that have not ended, the one that was reserved first comes first',
      query: parameters({
        ...reportPaging,
        subtype: optional(
          subtypeWord(() => parts.prices.subtypes),
          null,
        ),
      }),
      answer: Page(OpenJob),
      status: 200,
      message: 'Open longrun jobs',
    },
    ({ query }, request) => {
      const { parties } = principalOf(request)
      const mine = parties === 'all' ? null : [...parties]
      return looking(parts.house.database, async (reader) => {
        const found = await openJobs(reader, mine, query.subtype, offsetOf(query), query.page_size)
        const total = await countOpenJobs(reader, mine, query.subtype)
        return pageOf(request, query, found.map(openJobShown), total)
      })
    },
  )
  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/job/:job_id',
      operation: 'jobs.read',
      id: 'readJob',
      summary: 'Everything about one job: how it went, what it cost, and why',
      description: `\`cost.steps\` says in words and numbers how the amount comes about. Of events, charges and problems the newest ${shownMax} are told.`,
      params: parameters({ job_id: uuid() }),
      answer: WholeJobShape,
      status: 200,
      message: 'Job fetched',
      faults: [404],
    },
    async ({ params }, request) => {
      const job = await parts.desk.find(params.job_id)
      // Of others it is not there.
      if (!job || !mayTouch(principalOf(request), [job.project, job.vlab])) throw noSuchJob()
      return jobShown(await wholeJob(parts, job), shownMax)
    },
  )
}
