import { CsvError, parse } from 'csv-parse/sync'
import { accept, type Outcome, refuse } from '../values/outcome.ts'
import { anySource, nameFault, sourceFault, type PartyKind, type Payment } from './party.ts'

/** What a line of the file says; what it leaves empty stays as it is. */
export type SheetRow = {
  readonly line: number
  readonly organisation?: string
  readonly tier?: string
  readonly project?: string
  readonly payment?: Payment
  readonly person?: string
  readonly email?: string
  readonly provider?: string
  readonly names: readonly SheetName[]
}
/** What a source calls the row's party of this kind. */
export type SheetName = { readonly kind: PartyKind; readonly source: string; readonly name: string }

export type Fault = { readonly line: number; readonly column?: string; readonly message: string }
export type SheetRefused = { readonly type: 'sheet-refused'; readonly faults: readonly Fault[] }

export const columns = [
  'organisation',
  'tier',
  'project',
  'payment',
  'project_names',
  'person',
  'email',
  'person_names',
  'provider',
  'provider_names',
] as const
export type ColumnName = (typeof columns)[number]

/** A spreadsheet would run a cell that begins so; an apostrophe before it says that it is text. */
const formulaStart = /^[=+\-@\t\r]/

export const guarded = (cell: string): string => (formulaStart.test(cell) ? `'${cell}` : cell)
const unguarded = (cell: string): string =>
  cell.startsWith("'") && formulaStart.test(cell.slice(1)) ? cell.slice(1) : cell

/** Reads rows that came as cells by column, counted from 0, or refuses them with every fault found. */
export function readRows(
  all: readonly Partial<Record<ColumnName, string>>[],
): Outcome<readonly SheetRow[], SheetRefused> {
  const faults: Fault[] = []
  const rows = all.map((cells, index) => {
    const cleaned = Object.entries(cells).map(
      ([column, cell]) => [column as ColumnName, cell.trim().normalize('NFC')] as const,
    )
    return readRow(index, new Map(cleaned), faults)
  })
  return faults.length > 0 ? refuse({ type: 'sheet-refused', faults }) : accept(rows)
}

/** Reads the whole file or refuses it with every fault found. */
export function readSheet(text: string): Outcome<readonly SheetRow[], SheetRefused> {
  const no = (line: number, message: string) =>
    refuse({ type: 'sheet-refused' as const, faults: [{ line, message }] as const })
  if (text.includes('\0')) return no(1, 'the file holds NUL bytes. Save it as “CSV UTF-8”.')
  let records: { record: string[]; info: { lines: number } }[]
  try {
    records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as typeof records
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return no(Number(error['lines'] ?? 1), `${error.message}. Quote a cell with ", and write a " inside it twice.`)
  }
  const [head, ...body] = records
  if (!head) return no(1, `the file is empty. Its first line names the columns: ${columns.join(', ')}.`)
  const header = readHeader(head.record)
  if (!header.ok) return header

  const faults: Fault[] = []
  const rows: SheetRow[] = []
  for (const { record, info } of body) {
    if (record.every((cell) => cell.trim() === '')) continue
    if (record.length > header.value.length && record.slice(header.value.length).some((cell) => cell.trim() !== '')) {
      faults.push({
        line: info.lines,
        message: `there are ${record.length} cells and ${header.value.length} columns. Quote a cell that holds the separator.`,
      })
      continue
    }
    const cells = new Map(header.value.map((column, index) => [column, clean(record[index] ?? '')]))
    rows.push(readRow(info.lines, cells, faults))
  }
  return faults.length > 0 ? refuse({ type: 'sheet-refused', faults }) : accept(rows)
}

const clean = (cell: string): string => unguarded(cell.trim()).trim().normalize('NFC')

/** The character that the header uses most; spreadsheets write what their country uses. */
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/\r?\n|\r|$/))
  const count = (delimiter: string) => header.split(delimiter).length
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best))
}

function readHeader(cells: readonly string[]): Outcome<readonly ColumnName[], SheetRefused> {
  const faults: Fault[] = []
  const header = cells.map((cell) =>
    clean(cell)
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_'),
  )
  for (const [index, name] of header.entries()) {
    if (!(columns as readonly string[]).includes(name))
      faults.push({ line: 1, column: name || `${index + 1}`, message: `is no column. Use: ${columns.join(', ')}.` })
    else if (header.indexOf(name) !== index) faults.push({ line: 1, column: name, message: 'stands there twice.' })
  }
  return faults.length > 0 ? refuse({ type: 'sheet-refused', faults }) : accept(header as ColumnName[])
}

function readRow(line: number, cells: ReadonlyMap<ColumnName, string>, faults: Fault[]): SheetRow {
  const fault = (column: ColumnName, message: string) => void faults.push({ line, column, message })
  const cell = (column: ColumnName) => cells.get(column) || undefined
  const name = (column: ColumnName) => {
    const text = cell(column)
    const wrong = text === undefined ? undefined : nameFault(text)
    if (wrong) fault(column, `${wrong}. Shorten or correct it.`)
    return text
  }
  const [organisation, project, person, provider] = [
    name('organisation'),
    name('project'),
    name('person'),
    name('provider'),
  ]
  const tier = cell('tier')?.toLowerCase()
  const payment = cell('payment')?.toLowerCase()
  const email = cell('email')

  if (project && !organisation) fault('organisation', 'is empty. Name the organisation that the project belongs to.')
  if (tier && !organisation) fault('organisation', 'is empty. A tier belongs to an organisation: name it.')
  if (payment && !project) fault('project', 'is empty. A way of payment belongs to a project: name it.')
  if (email && !person) fault('person', 'is empty. An e-mail belongs to a person: name them.')
  if (tier && !/^[a-z0-9][a-z0-9_-]{0,39}$/.test(tier))
    fault('tier', `“${tier}” is no tier. Use letters, digits, - and _, at most 40.`)
  if (payment && payment !== 'prepaid' && payment !== 'postpaid')
    fault('payment', `“${payment}” is no way of payment. Write prepaid or postpaid.`)
  if (email && !(email.length <= 254 && /^[^\s@,;:<>"()]+@[^\s@,;:<>"()]+\.[^\s@.,;:<>"()]+$/.test(email)))
    fault('email', `“${email}” is no e-mail address. Write it as name@example.org.`)
  return {
    line,
    ...(organisation && { organisation }),
    ...(tier && { tier }),
    ...(project && { project }),
    ...(payment && { payment: payment as Payment }),
    ...(person && { person }),
    ...(email && { email }),
    ...(provider && { provider }),
    names: (['project', 'person', 'provider'] as const).flatMap((kind) =>
      readNames(kind, cell(`${kind}_names`), cell(kind) !== undefined, (message) => fault(`${kind}_names`, message)),
    ),
  }
}

/** `slurm:lab=chem | slurm:old=chem2 | chemistry`: pairs of source and name; a name alone holds for any source. */
function readNames(
  kind: PartyKind,
  text: string | undefined,
  hasParty: boolean,
  fault: (message: string) => void,
): SheetName[] {
  if (!text) return []
  if (!hasParty) fault(`are names of nobody. Fill the column ${kind}.`)
  return text.split('|').flatMap((pair) => {
    const cut = pair.indexOf('=')
    const source = cut < 0 ? anySource : pair.slice(0, cut).trim()
    const name = pair.slice(cut + 1).trim()
    const wrongName = nameFault(name)
    if (wrongName) fault(`“${pair.trim()}”: the name ${wrongName}. Write source=name, several with | between.`)
    const wrong = wrongName ?? sourceFault(source)
    if (wrong && !wrongName) fault(`“${pair.trim()}”: “${source}” ${wrong}.`)
    return wrong ? [] : [{ kind, source, name }]
  })
}
