import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { House } from '../../operations/house.ts'
import { told } from '../door/envelope.ts'
import { pageOf } from '../door/page.ts'
import { microsText } from '../lax/moment.ts'
import { reportPage, wholeReport } from './commands.ts'
import { csvHead, csvLine } from './csv.ts'
import type { ReportQuery } from './query.ts'
import type { Filter, ReportOf } from './report.ts'
import { reportItem } from './shown.ts'

export type Asked = {
  readonly query: ReportQuery
  readonly of: ReportOf
  readonly message: string
}

/** A page, or all of it as CSV. Whoever asks may see it. */
export async function answerReport(house: House, request: FastifyRequest, { query, of, message }: Asked) {
  const { items, total } = await reportPage(house, of, filterOf(query), query)
  const shown = items.map((row) => reportItem(row, of.kind))
  return told(message, pageOf(request, query, shown, total))
}

/** `found` throws when there is no such account: nothing is sent before it was asked. */
export function sendCsv(
  house: House,
  reply: FastifyReply,
  { query, of }: Asked,
  found: () => Promise<void>,
): FastifyReply {
  const name = of.kind === 'system' ? 'jobs.csv' : `jobs-of-${of.account}.csv`
  found().then(
    () =>
      reply
        .code(200)
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(Readable.from(csvOf(house, of, filterOf(query)))),
    (error: unknown) => reply.send(error),
  )
  return reply
}

export const wantsCsv = ({ format }: ReportQuery, { headers }: FastifyRequest): boolean =>
  format === undefined ? /(^|,)\s*text\/csv\s*(;|,|$)/i.test(headers.accept ?? '') : format === 'csv'

async function* csvOf(house: House, of: ReportOf, filter: Filter): AsyncGenerator<string> {
  yield csvHead
  // It says whose each job is, whatever it is the report of.
  for await (const rows of wholeReport(house, of, filter)) {
    yield rows.map((row) => csvLine(reportItem(row, 'system'))).join('')
  }
}

const filterOf = (query: ReportQuery): Filter => ({
  after: query.started_after === undefined ? undefined : microsText(query.started_after),
  before: query.started_before === undefined ? undefined : microsText(query.started_before),
  user: query.user_id,
  group: query.group_id,
  type: query.type,
  subtype: query.subtype,
})
