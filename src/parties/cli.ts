import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { House } from '../operations/house.ts'
import type { Door, Register } from '../terminal/door.ts'
import { WrongUsage } from '../terminal/door.ts'
import { grouped } from '../terminal/number.ts'
import type { There, ThereOf } from '../terminal/there.ts'
import type { Outcome } from '../values/outcome.ts'
import { Refusal } from '../values/refusal.ts'
import { asDocument, listedIn, type PartiesDocument } from './document.ts'
import type { Change } from './import.ts'
import { importParties, type Listed, listParties, previewImport } from './import-commands.ts'
import { type Fault, readSheet, type SheetRefused } from './sheet.ts'
import { sheetText } from './sheet-text.ts'

const importHelp = `
The file is CSV in UTF-8, separated by comma, semicolon or tab. Its first line names the columns; any of:
  organisation    who pays; on every line that names a project
  tier            of the organisation: mu, gov, private …; of a new one that has none: default
  project         who spends, a Slurm account for example
  payment         of the project: prepaid or postpaid (of a new one that has none: postpaid)
  project_names   what else the project is called: source=name, several with |, for example
                  slurm:lab=chem_old|slurm:cloud=c17; a name without a source holds for any source
  person, email, person_names          a member of the line's project, or a person without one
  provider, provider_names             who earns: a cluster, for example
A line may give only an organisation, or organisation and project, or these with a person. An empty cell leaves
things as they are; nothing is ever removed. The difference is shown first; all of it is done, or nothing.
A party that was only met in usage is confirmed by a line that names it, and the difference says so.
A tier or payment that changes holds for what is rated from then on. Importing the same file again does nothing.

Example
  organisation,tier,project,payment,person,email
  Faculty of Science,mu,chem,postpaid,somchai,somchai@example.ac.th
  Faculty of Science,,physics,prepaid,,
`

/** Lines of a difference that are shown without --all. */
const changesShown = 100
const bytesMax = 64 * 1024 * 1024

export const partiesWith =
  (thereOf: ThereOf<House>): Register<House> =>
  (command, door) => {
    command
      .command('list')
      .description('organisations, their projects, and who is a member')
      .option('--people', 'list people instead')
      .option('--csv', 'print the file that `bursar parties import` reads, to edit and import')
      .action(async (options: ListOptions) => list(door, await thereOf(door), options))
    command
      .command('import')
      .description('make the parties what a file says; shows the difference first')
      .argument('<file>', 'the CSV file, or - for standard input')
      .option('--dry-run', 'show the difference and change nothing')
      .option('--all', 'show every line of the difference')
      .addHelpText('after', importHelp)
      .action((file: string, options: { dryRun?: boolean; all?: boolean }) => importFile(door, file, options))
  }

type ListOptions = { people?: boolean; csv?: boolean }

async function list(door: Door<House>, there: There | undefined, options: ListOptions): Promise<void> {
  if (options.csv && (door.json || options.people)) throw new WrongUsage('--csv goes with neither --json nor --people')
  const listed = there
    ? listedIn((await there.get('/api/v1/parties')) as PartiesDocument)
    : await listParties((await door.house()).database.pool)
  if (options.csv) {
    door.say(sheetText(listed).trimEnd())
    return
  }
  if (options.people) listPeople(door, listed)
  else listProjects(door, listed)
  door.answer(asDocument(listed))
}

function listProjects(door: Door<House>, { organisations, projects, people, providers }: Listed): void {
  if (organisations.length === 0) {
    door.say('No organisations yet. They come with the first usage, or with `bursar parties import FILE.csv`.')
    return
  }
  const remark = (origin: string) => (origin === 'usage' ? 'from usage, not confirmed' : '')
  const projectsOf = Map.groupBy(projects, (project) => project.organisation)
  const rows = organisations.flatMap((organisation) => {
    const own = projectsOf.get(organisation.name) ?? []
    if (own.length === 0) return [[organisation.name, organisation.tier, '', '', '', remark(organisation.origin)]]
    return own.map(({ name, payment, members, origin }) => {
      return [organisation.name, organisation.tier, name, payment, grouped(members), remark(origin)]
    })
  })
  const columns = ['organisation', 'tier', 'project', 'payment'].map((title) => ({ title }))
  door.table(rows, [...columns, { title: 'members', align: 'right' }, { title: 'remark' }])
  const counts = [
    [organisations.length, 'organisation', 'organisations'],
    [projects.length, 'project', 'projects'],
    [people.length, 'person', 'people'],
    [providers.length, 'provider', 'providers'],
  ] as const
  door.say(`\n${counts.map(([count, one, many]) => `${grouped(count)} ${count === 1 ? one : many}`).join(', ')}`)
}

function listPeople(door: Door<House>, { people, members, names }: Listed): void {
  if (people.length === 0) {
    door.say('No people yet. They come with usage that names them, or with `bursar parties import FILE.csv`.')
    return
  }
  const projectsOf = Map.groupBy(members, ({ person }) => person)
  const namesOf = Map.groupBy(
    names.filter(({ kind, source, name, party }) => kind === 'person' && !(source === '*' && name === party)),
    ({ party }) => party,
  )
  const rows = people.map(({ name, email, origin }) => [
    name,
    email ?? '',
    (projectsOf.get(name) ?? []).map(({ project }) => project).join(', '),
    (namesOf.get(name) ?? []).map((other) => `${other.source}=${other.name}`).join(', '),
    origin === 'usage' ? 'from usage, not confirmed' : '',
  ])
  const titles = ['person', 'email', 'projects', 'other names', 'remark']
  door.table(
    rows,
    titles.map((title) => ({ title })),
  )
}

async function importFile(door: Door<House>, file: string, options: { dryRun?: boolean; all?: boolean }) {
  const sheet = accepted(file, readSheet(await readText(file)))
  const house = await door.house()
  const preview = accepted(file, await previewImport(house.database.pool, sheet))
  const { changes, names, unchanged } = preview.plan
  const document = { dryRun: options.dryRun ?? false, unchanged, changes }

  const shown = options.all ? changes : changes.slice(0, changesShown)
  for (const change of shown) door.say(changeText(change))
  if (shown.length < changes.length) door.say(`… and ${grouped(changes.length - shown.length)} more (--all shows them)`)
  if (changes.length === 0 && names.length === 0) {
    door.say(`Nothing to do: all ${grouped(unchanged)} parties are already as the file says.`)
  } else if (options.dryRun) {
    door.say(`\nThat is the difference; nothing was changed. ${grouped(unchanged)} parties stay as they are.`)
  } else {
    await importParties(house, { principal: door.principal, key: `import-${randomUUID()}` }, preview)
    const added = changes.filter((change) => change.added).length
    const confirmed = changes.filter(({ fields }) => fields.length > 0 && fields.every(isConfirmation)).length
    const counts = [added, changes.length - added - confirmed, unchanged].map((count) => grouped(count))
    const also = confirmed > 0 ? ` ${grouped(confirmed)} confirmed,` : ''
    door.say(`\nDone: ${counts[0]} added, ${counts[1]} changed,${also} ${counts[2]} unchanged.`)
  }
  door.answer(document)
}

const isConfirmation = ({ field }: Change['fields'][number]): boolean => field === 'origin'

function changeText({ kind, name, added, fields }: Change): string {
  const what = fields
    .filter((field) => !added || field.to !== '')
    .map(({ field, from, to }) => {
      if (field === 'origin') return 'confirmed; so far it was only met in usage'
      return added ? `${field} ${to}` : `${field} ${from || '(none)'} → ${to}`
    })
  return `${added ? '+' : '~'} ${kind.padEnd(12)} ${name}${what.length > 0 ? `: ${what.join(', ')}` : ''}`
}

function accepted<Value>(file: string, outcome: Outcome<Value, SheetRefused>): Value {
  if (outcome.ok) return outcome.value
  const { faults } = outcome.refusal
  const more = faults.length > 20 ? `\n… and ${grouped(faults.length - 20)} more` : ''
  const lines = faults.slice(0, 20).map((fault) => `  ${faultText(fault)}`)
  throw new Refusal(
    `${file} cannot be imported:\n${lines.join('\n')}${more}`,
    'Nothing was changed. Correct the file and import it again; bursar parties import --help describes it.',
  )
}

const faultText = ({ line, column, message }: Fault): string =>
  `line ${line}${column ? `, column ${column}` : ''}: ${message}`

async function readText(file: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = file === '-' ? await buffer(process.stdin) : await readFile(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a directory' : `cannot be read (${code})`
    throw new Refusal(`${file} ${why}`, 'Name a CSV file.')
  }
  if (bytes.length > bytesMax) throw new Refusal(`${file} is larger than 64 MiB`, 'Import it in parts.')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal(`${file} is not UTF-8 text`, 'Save it as “CSV UTF-8” and import it again.')
  }
}
