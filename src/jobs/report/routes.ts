import { mayTouch, type Principal, principalOf, requireEverything } from '../../http/principal.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { Fault } from '../door/fault.ts'
import { Page } from '../door/page.ts'
import type { Lax } from '../lax/lax.ts'
import { parameters } from '../lax/model.ts'
import { uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { answerReport, sendCsv, wantsCsv } from './answer-routes.ts'
import { addJobLooks } from './job-routes.ts'
import { addProblemDoors } from './problem-routes.ts'
import { pageSizeMax, reportQuery } from './query.ts'
import { systemReport } from './report.ts'
import { ReportItem } from './shown.ts'

const description =
  'Jobs that have finished and are charged, the one that started last first. `started_after` takes those that started ' +
  'then or later, `started_before` those that started before it. With `format=csv`, or where the client accepts ' +
  `text/csv, all of them come as CSV, whatever the page. A page has at most ${pageSizeMax} items.`

/** `GET /report/…`: what finished jobs cost; and looks at jobs, and at what could not be charged. */
export function addReportDoors(scope: JobScope, parts: JobParts): void {
  addSystemReport(scope, parts)
  addReportOf(scope, parts, { kind: 'virtual-lab', title: 'Virtual lab', param: 'vlab_id', name: 'VirtualLab' })
  addReportOf(scope, parts, { kind: 'project', title: 'Project', param: 'proj_id', name: 'Project' })
  addJobLooks(scope, parts)
  addProblemDoors(scope, parts)
}

const common = (parts: JobParts) =>
  ({
    method: 'GET',
    description,
    query: reportQuery(() => parts.prices.subtypes),
    answer: Page(ReportItem),
    status: 200,
  }) as const

function addSystemReport(scope: JobScope, parts: JobParts): void {
  const message = 'Job report for system'
  jobDoor(
    scope,
    {
      ...common(parts),
      path: '/report/system',
      operation: 'jobs.report',
      id: 'reportSystemJobs',
      summary: 'Finished jobs of the whole site',
      message,
    },
    ({ query }, request, reply) => {
      requireEverything(principalOf(request))
      const asked = { query, of: systemReport, message }
      if (wantsCsv(query, request)) return sendCsv(parts.house, reply, asked, async () => {})
      return answerReport(parts.house, request, asked)
    },
  )
}

type Of = {
  readonly kind: 'virtual-lab' | 'project'
  readonly title: string
  readonly param: string
  readonly name: string
}

function addReportOf(scope: JobScope, parts: JobParts, { kind, title, param, name }: Of): void {
  jobDoor(
    scope,
    {
      ...common(parts),
      path: `/report/${kind}/:${param}`,
      operation: 'jobs.read',
      id: `report${name}Jobs`,
      summary: `Finished jobs of a ${title.toLowerCase()}`,
      params: parameters({ [param]: uuid() }) as Lax<Readonly<Record<string, string>>>,
      message: `Job report for ${kind}`,
      faults: [404],
    },
    ({ params, query }, request, reply) => {
      const account = params[param] as string
      const asked = { query, of: { kind, account }, message: `Job report for ${kind} ${account}` }
      const found = () => requireAccount(parts, principalOf(request), kind, account, title)
      if (wantsCsv(query, request)) return sendCsv(parts.house, reply, asked, found)
      return found().then(() => answerReport(parts.house, request, asked))
    },
  )
}

/** Of others it is not there. @throws Fault */
async function requireAccount(
  { accounts }: JobParts,
  principal: Principal,
  kind: Of['kind'],
  id: string,
  title: string,
): Promise<void> {
  const there = await (kind === 'project' ? accounts.project(id) : accounts.virtualLab(id))
  if (!there || !mayTouch(principal, [there.id, there.parent])) throw Fault.notFound(`${title} not found`)
}
