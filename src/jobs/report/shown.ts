import { Type } from 'typebox'
import { nullable, oneOf } from '../../http/schemas.ts'
import { serviceTypes } from '../price/price.ts'
import { quantityShown } from '../price/quantity.ts'
import type { ReportKind } from './report.ts'
import type { ReportRow } from './sql.ts'

/** As all answers here say a time: UTC, with parts of a second only where there are some. */
export function timeText(at: Date): string {
  const text = at.toISOString()
  return text.endsWith('.000Z') ? `${text.slice(0, 19)}Z` : `${text.slice(0, 23)}000Z`
}

/** The same of a time as the database prints it in UTC: `2026-11-21 08:38:28.5`. */
const timeOf = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11, 19)}${text.length > 19 ? text.slice(19).padEnd(7, '0') : ''}Z`

/** Amounts come with nine places. */
const amountOf = (amount: string): string =>
  amount.endsWith('.000000000') ? amount.slice(0, -10) : amount.replace(/0+$/, '')

/** A finished job as a report lists it: whose it is, as far as the report does not say so itself. */
export function reportItem(row: ReportRow, kind: ReportKind) {
  const { type, duration, reserved_at: reservedAt, started_at: startedAt, finished_at: finishedAt } = row
  const whose = {
    job_id: row.id,
    ...(kind === 'system' && { vlab_id: row.vlab }),
    ...(kind !== 'project' && { proj_id: row.project }),
  }
  const what = { type, subtype: row.subtype }
  const amount = amountOf(row.paid)
  if (type === 'storage') {
    const times = { started_at: timeOf(startedAt), finished_at: timeOf(finishedAt) }
    return { ...whose, ...what, ...times, amount, duration, size: quantityShown(row.running) }
  }
  const common = {
    ...whose,
    ...(row.user_id !== null && { user_id: row.user_id }),
    ...(row.name !== null && { name: row.name }),
    ...(row.group_id !== null && { group_id: row.group_id }),
    ...what,
    reserved_at: timeOf(reservedAt),
    started_at: timeOf(startedAt),
    amount,
    reserved_amount: amountOf(row.reserved_amount),
  }
  if (type === 'oneshot') {
    const reserved = quantityShown(row.reserved_count ?? '0')
    return { ...common, count: quantityShown(row.units), reserved_count: reserved }
  }
  return {
    ...common,
    finished_at: timeOf(finishedAt),
    cancelled_at: row.cancelled_at === null ? null : timeOf(row.cancelled_at),
    duration,
    reserved_duration: quantityShown(row.reserved_duration ?? '0'),
  }
}

const id = (description?: string) =>
  Type.Optional(Type.String({ format: 'uuid', ...(description !== undefined && { description }) }))
const time = Type.String({ format: 'date-time' })
const some = (type: 'integer' | 'string', description: string) =>
  Type.Optional(type === 'integer' ? Type.Integer({ description }) : Type.String({ description }))

/** For the API document: what a type of job has not, and what is null and need not be there, is left out. */
export const ReportItem = Type.Object(
  {
    job_id: Type.String({ format: 'uuid' }),
    vlab_id: id('in the report of the system'),
    proj_id: id('in the reports of the system and of a virtual lab'),
    user_id: id(),
    name: Type.Optional(Type.String()),
    group_id: id(),
    type: oneOf(serviceTypes),
    subtype: Type.String(),
    reserved_at: Type.Optional(time),
    started_at: time,
    finished_at: Type.Optional(time),
    cancelled_at: Type.Optional(nullable(time)),
    amount: Type.String({ description: 'what was taken for it, less what went back' }),
    reserved_amount: some('string', 'not of storage'),
    count: some('integer', 'of a oneshot job'),
    reserved_count: some('integer', 'of a oneshot job'),
    duration: some('integer', 'seconds; not of a oneshot job'),
    reserved_duration: some('integer', 'seconds; of a longrun job'),
    size: some('integer', 'bytes; of storage'),
  },
  { title: 'JobReportItem' },
)
