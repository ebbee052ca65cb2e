import { looking } from '../../database/transaction.ts'
import { principalOf, requireEverything } from '../../http/principal.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { offsetOf, Page, pageOf } from '../door/page.ts'
import { optional, parameters } from '../lax/model.ts'
import { uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { JobProblem } from './look/contract.ts'
import { problemShown } from './look/shown.ts'
import { countProblems, problems } from './look/sql.ts'
import { reportPaging } from './query.ts'

/** `GET /problem`: usage that was taken and could not be charged as it was told. */
export function addProblemDoors(scope: JobScope, { house }: JobParts): void {
  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/problem',
      operation: 'jobs.problem',
      id: 'listJobProblems',
      summary: 'Usage of jobs that was taken and could not be charged as it was told, the newest first',
      description:
        'Nobody waits for it: what was told is kept here as it came, with the reason. It is charged once it is told ' +
        'again for a job that there is.',
      query: parameters({ ...reportPaging, proj_id: optional(uuid(), null), job_id: optional(uuid(), null) }),
      answer: Page(JobProblem),
      status: 200,
      message: 'Job problems',
    },
    ({ query }, request) => {
      requireEverything(principalOf(request))
      const wanted = { project: query.proj_id, job: query.job_id }
      return looking(house.database, async (reader) => {
        const found = await problems(reader, wanted, offsetOf(query), query.page_size)
        return pageOf(request, query, found.map(problemShown), await countProblems(reader, wanted))
      })
    },
  )
}
