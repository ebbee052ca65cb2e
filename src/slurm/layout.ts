import { Refusal } from '../values/refusal.ts'
import type { Format } from './page.ts'
import { sacctCall } from './sacct.ts'

/** The columns that are read; every other column is counted and skipped. */
const read = [
  'JobIDRaw',
  'JobID',
  'Cluster',
  'Account',
  'User',
  'Partition',
  'QOS',
  'State',
  'ExitCode',
  'Restarts',
  'Submit',
  'Eligible',
  'Start',
  'End',
  'Elapsed',
  'ElapsedRaw',
  'Suspended',
  'Planned',
  'Reserved',
  'Timelimit',
  'TimelimitRaw',
  'TotalCPU',
  'AllocTRES',
  'ReqTRES',
  'AllocCPUS',
  'NCPUS',
  'AllocNodes',
  'NNodes',
  'ReqMem',
  'NodeList',
  'AveRSS',
  'NTasks',
  'ConsumedEnergyRaw',
  'ConsumedEnergy',
] as const
export type Column = (typeof read)[number]

/** Where users write what they like, pipes and newlines too. */
const free = new Set(['jobname', 'comment', 'admincomment', 'systemcomment', 'submitline', 'workdir', 'wckey', 'extra'])

export type Layout = {
  /** The header itself, without a byte order mark and the end of its line. */
  readonly header: string
  readonly delimiter: string
  readonly names: readonly string[]
  /** `sacct -p` ends each line with a delimiter. */
  readonly closed: boolean
  /** Values may stand in quotes, as spreadsheets write them. */
  readonly quoted: boolean
  /** Each line ends with CR LF. */
  readonly carriageReturn: boolean
  readonly columns: Readonly<Partial<Record<Column, number>>>
  readonly freeColumns: readonly number[]
}

const known = new Map<string, Column>(read.map((name) => [name.toLowerCase(), name]))
const isName = (text: string) => /^[A-Za-z][A-Za-z0-9_]*$/.test(text)

/** Reads the header, which decides about order and delimiter. */
export function layoutOf(line: string, cluster: string | undefined, format: Format = 'auto'): Layout {
  const carriageReturn = line.endsWith('\r')
  const withQuotes = (carriageReturn ? line.slice(0, -1) : line).replace(/^\uFEFF/, '')
  const header = withQuotes.replaceAll('"', '')
  const delimiter = delimiterOf(header)
  const closed = header.endsWith(delimiter)
  // A bare comma also stands inside TRES lists: only quotes keep such values together.
  const quoted = format === 'csv' || (format === 'auto' && (withQuotes.includes('"') || delimiter === ','))
  const names = (closed ? header.slice(0, -delimiter.length) : header).split(delimiter)
  return { ...layoutOfNames(names, delimiter, cluster), header: withQuotes, closed, carriageReturn, quoted }
}

type Named = Pick<Layout, 'delimiter' | 'names' | 'columns' | 'freeColumns'>

function layoutOfNames(names: readonly string[], delimiter: string, cluster: string | undefined): Named {
  const columns: Partial<Record<Column, number>> = {}
  for (const [index, name] of names.entries()) {
    const column = known.get(name.trim().toLowerCase())
    if (column && columns[column] === undefined) columns[column] = index
  }
  demandColumns(columns, cluster)
  const freeColumns = names.flatMap((name, index) => (free.has(name.toLowerCase()) ? [index] : []))
  return { delimiter, names, columns, freeColumns }
}

/**
 * Whether the row is the header again, as in dumps that were put together. Behind one that names other columns, or the same
 * in another order, each value would be taken for another: such a dump is refused from there on.
 */
export function repeatsHeader(row: string, { header, delimiter }: Layout, line: number): boolean {
  const again = row.replace(/^\uFEFF/, '')
  if (again === header) return true
  const names = again.replaceAll('"', '').trim().split(delimiter)
  if (names.at(-1) === '') names.pop()
  if (!names.every(isName) || names.filter((name) => known.has(name.toLowerCase())).length < 2) return false
  throw new Refusal(
    `line ${line} is a header that is not the one of the first line`,
    'of dumps with other columns, read each by itself: what was read is not read twice. Was it a job name? Leave names out',
  )
}

function delimiterOf(header: string): string {
  const delimiter = /^[A-Za-z][A-Za-z0-9_]*([^A-Za-z0-9_]+)/.exec(header)?.[1]
  const names = delimiter ? header.split(delimiter) : []
  if (names.at(-1) === '') names.pop()
  if (delimiter && /^ +$/.test(delimiter) && names.some((name) => known.has(name.toLowerCase())))
    throw new Refusal('this is sacct output in columns for people, which cuts values off', `run ${sacctCall}`)
  const named = names.filter((name) => known.has(name.toLowerCase())).length
  if (!delimiter || named < 2 || !names.every(isName))
    throw new Refusal(
      `the first line is no header of sacct: ${JSON.stringify(header.slice(0, 120))}`,
      `leave --noheader (-n) away and run ${sacctCall}`,
    )
  return delimiter
}

function demandColumns(columns: Layout['columns'], cluster: string | undefined): void {
  const has = (...names: Column[]) => names.some((name) => columns[name] !== undefined)
  const missing = [
    has('JobIDRaw', 'JobID') ? '' : 'JobIDRaw',
    has('State') ? '' : 'State',
    has('ElapsedRaw', 'Elapsed') ? '' : 'ElapsedRaw',
    has('End') ? '' : 'End',
    has('AllocTRES', 'ReqTRES', 'AllocCPUS', 'NCPUS') ? '' : 'AllocTRES',
    has('Account', 'User') ? '' : 'Account',
  ].filter((name) => name !== '')
  if (missing.length > 0)
    throw new Refusal(`the header lacks what usage is made of: ${missing.join(', ')}`, `run ${sacctCall}`)
  if (!has('Cluster') && !cluster)
    throw new Refusal('the header has no Cluster, and job ids mean nothing without it', 'say which: --cluster NAME')
}
