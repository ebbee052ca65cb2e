import { guarded } from '../../parties/sheet.ts'

const columns = [
  'job_id',
  'vlab_id',
  'proj_id',
  'user_id',
  'name',
  'group_id',
  'type',
  'subtype',
  'reserved_at',
  'started_at',
  'finished_at',
  'cancelled_at',
  'amount',
  'reserved_amount',
  'count',
  'reserved_count',
  'duration',
  'reserved_duration',
  'size',
] as const

type Cells = { readonly [column: string]: unknown }

/** The first line of a report as CSV (RFC 4180). */
export const csvHead = `${columns.join(',')}\r\n`

/** An item of a report as a line; what it has not is empty. */
export const csvLine = (item: Cells): string => `${columns.map((column) => cell(item[column])).join(',')}\r\n`

/** A cell that a spreadsheet would take for a formula is told to be text. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? guarded(value) : JSON.stringify(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
