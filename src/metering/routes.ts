import { Type } from 'typebox'
import { callerOf, callOf, sendAnswered } from '../http/call.ts'
import { type ApiServer, door } from '../http/door.ts'
import { afterOf, limitOf, numberPart, pageFrom } from '../http/paging.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import { orNotFound } from '../http/problem.ts'
import { numberId } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import { requireOwner, requireProject, scopeOf } from '../parties/scope-commands.ts'
import { idOf, numbered, numberOf } from '../values/id.ts'
import * as contract from './contract.ts'
import { meters, type RecordItem, recordById, recordsPage } from './listing/sql.ts'
import { declareMeter } from './meter-commands.ts'
import { dismiss, dismissed, waiting, type WaitingRow } from './quarantine-commands.ts'

/** `GET /api/v1/meters`, `records`, `quarantine`; `POST /api/v1/quarantine/dismiss`. */
export function addMeteringRoutes(server: ApiServer, house: House): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/meters',
    door({
      operation: 'meters.list',
      id: 'listMeters',
      tag: 'metering',
      summary: 'What can be counted',
      answers: { 200: contract.Meters },
    }),
    async () => ({ items: await meters(reader), next: null }),
  )
  addRecords(server, house)
  addMeterDeclaration(server, house)
  addQuarantineList(server, house)
  addDismissal(server, house)
}

function addRecords(server: ApiServer, house: House): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/records',
    door({
      operation: 'records.list',
      id: 'listRecords',
      tag: 'metering',
      summary: 'Usage records that stand, newest first',
      query: contract.RecordsQuery,
      answers: { 200: contract.UsageRecords },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const principal = principalOf(request)
      const project = query.project === undefined ? null : await requireProject(reader, principal, query.project)
      const found = await recordsPage(reader, {
        scope: await scopeOf(reader, principal),
        project: project?.id ?? null,
        source: query.source ?? null,
        period: query.period === undefined ? null : `${query.period}-01`,
        before: afterOf(query, numberPart)?.[0] ?? null,
        limit: limitOf(query),
      })
      return pageFrom(found, query, ({ id }) => [id], shownRecord)
    },
  )
  server.get(
    '/api/v1/records/:record',
    door({
      operation: 'records.list',
      id: 'readRecord',
      tag: 'metering',
      summary: 'One usage record, also a version that no longer stands',
      params: Type.Object({ record: numberId('rec') }),
      answers: { 200: contract.UsageRecordVersion },
      problems: ['not-found'],
    }),
    async (request) => {
      const found = orNotFound(await recordById(reader, numberOf('record', request.params.record) as bigint))
      await requireOwner(reader, principalOf(request), [found.project, found.person, found.provider])
      return { ...shownRecord(found), standing: found.standing }
    },
  )
}

function addMeterDeclaration(server: ApiServer, house: House): void {
  server.put(
    '/api/v1/meters/:meter',
    door({
      operation: 'meters.declare',
      id: 'declareMeter',
      tag: 'metering',
      summary: 'Say what can be counted, so that usage and prices may name it',
      params: Type.Object({ meter: contract.MeterName }),
      body: contract.MeterBody,
      key: 'optional',
      answers: { 200: contract.Meter },
    }),
    async (request, reply) => {
      const meter = { name: request.params.meter, ...request.body }
      return sendAnswered(reply, await declareMeter(house, callOf(request, 'metering.declareMeter', meter), meter))
    },
  )
}

function addQuarantineList(server: ApiServer, house: House): void {
  server.get(
    '/api/v1/quarantine',
    door({
      operation: 'quarantine.list',
      id: 'listQuarantine',
      tag: 'metering',
      summary: 'What could not become a usage record, oldest first, and why',
      query: contract.QuarantineQuery,
      answers: { 200: contract.WaitingRows },
    }),
    async (request) => {
      const { query } = request
      requireEverything(principalOf(request))
      const after = afterOf(query, numberPart)?.[0] ?? '0'
      const listed = query.dismissed === true ? dismissed : waiting
      const found = await listed(house.database.pool, BigInt(after), limitOf(query) + 1)
      return pageFrom(
        found,
        query,
        ({ id }) => [String(id)],
        (row) => shownRow(row, query.raw === true),
      )
    },
  )
}

function addDismissal(server: ApiServer, house: House): void {
  server.post(
    '/api/v1/quarantine/dismiss',
    door({
      operation: 'quarantine.dismiss',
      id: 'dismissQuarantined',
      tag: 'metering',
      summary: 'Let what nobody will ever read wait no more: it stays, with the reason, and is not replayed',
      body: contract.DismissBody,
      key: 'optional',
      answers: { 200: contract.Dismissed },
      problems: ['not-found'],
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      const { ids, reason } = request.body
      const numbers = ids.map((id) => numberOf('quarantined', id) as bigint)
      return sendAnswered(reply, await dismiss(house, callerOf(request), numbers, reason))
    },
  )
}

function shownRow(row: WaitingRow, withRaw: boolean) {
  const { id, at, source, door: reader, origin, line, reason, raw, dismissed: done } = row
  return {
    id: numbered('quarantined', id) as string,
    at: at.toISOString(),
    source,
    door: reader,
    origin,
    line,
    reason,
    ...(withRaw && { raw }),
    ...(done && { dismissed: { operation: numbered('operation', done.operation) as string, reason: done.reason } }),
  }
}

const shownRecord = (row: RecordItem) => ({
  id: numbered('record', row.id) as string,
  source: row.source,
  externalId: row.external_id,
  version: row.version,
  project: idOf('project', row.project) as string,
  person: row.person === null ? null : (idOf('person', row.person) as string),
  provider: idOf('provider', row.provider) as string,
  service: row.service,
  subtype: row.subtype,
  startsAt: row.starts_at.toISOString(),
  endsAt: row.ends_at.toISOString(),
  measuredAt: row.measured_at.toISOString(),
  final: row.final,
  period: row.period.slice(0, 7),
  quantities: row.quantities,
  dimensions: row.dimensions,
  operation: numbered('operation', row.operation) as string,
})
