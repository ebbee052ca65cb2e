import { readFileSync } from 'node:fs'
import { meterNames } from '../metering/commands.ts'
import { isMeter } from '../metering/meter.ts'
import type { House } from '../operations/house.ts'
import { listParties } from '../parties/import-commands.ts'
import type { Door, Register } from '../terminal/door.ts'
import type { ThereOf } from '../terminal/there.ts'
import { localText } from '../values/period.ts'
import { Refusal } from '../values/refusal.ts'
import type { Meters } from './check.ts'
import { loadBook, previewPrices, refusalOf, type ScopeLookup, scoped, setPrices } from './commands.ts'
import type { PriceVersion } from './definition.ts'
import { definitionTitle, scopeText } from './describe.ts'
import { document, iso, type ListOptions, listVersions, showVersion, title } from './list-cli.ts'
import type { Change, Wanted } from './plan.ts'
import { firsts } from './firsts.ts'
import { readPriceFile } from './price-file.ts'

const fileHelp = `
The file is YAML (or JSON) with the lists prices, policies and discounts; docs/prices.md has an example of each.
  bursar prices check prices.yaml     says what would change, and writes nothing
  bursar prices set prices.yaml       does it, all or nothing; the same file again changes nothing
What is already in the book and not in the file stays as it is. To end something: { …, from: DATE, ended: true }.
`

/** What follows a change of the book, by those who know what waits for a price; its answer joins that of `set`. */
export type AfterSet = (house: House, door: Door<House>) => Promise<Record<string, unknown>>

/** Lets a file wait where changes of prices take a second person; answers what it waits as, undefined where they do not. */
export type LetWait = (house: House, door: Door<House>, file: string) => Promise<object | undefined>

type HowSet = { readonly afterSet: AfterSet; readonly letWait: LetWait }

export const pricesWith =
  (how: HowSet, thereOf: ThereOf<House>): Register<House> =>
  (command, door) => {
    command
      .command('list')
      .description('what holds now, one line for each version')
      .option('--all', 'also what held before, what will hold, and what was replaced')
      .option('--service <name>', 'only this service')
      .action(async (options: ListOptions) => listVersions(door, await thereOf(door), options))
    command
      .command('show')
      .description('a version in full, by its id')
      .argument('<id>', 'the id that list prints, such as prc_1048576')
      .action(async (id: string) => showVersion(door, await thereOf(door), id))
    command
      .command('check')
      .description('check a price file and say what setting it would change; writes nothing')
      .argument('<file>', 'the YAML file, or - for standard input')
      .addHelpText('after', fileHelp)
      .action((file: string) => changeBook(door, file))
    command
      .command('set')
      .description('make the price book say what a file says')
      .argument('<file>', 'the YAML file, or - for standard input')
      .option('--dry-run', 'the same as check')
      .addHelpText('after', fileHelp)
      .action((file: string, options: { dryRun?: boolean }) => changeBook(door, file, options.dryRun ? undefined : how))
  }

type Parties = Awaited<ReturnType<typeof listParties>>
const partyLists = { organisation: 'organisations', project: 'projects', person: 'people' } as const

/** Names on paper, UUIDs in the book. */
function scopeName(parties: Parties, { scopeKind, scope }: Pick<PriceVersion, 'scopeKind' | 'scope'>): string {
  if (scopeKind === 'default') return 'everybody'
  if (scopeKind === 'tier') return `tier ${scope}`
  return `${scopeKind} ${parties[partyLists[scopeKind]].find(({ id }) => id === scope)?.name ?? scope}`
}

function lookupIn(parties: Parties): ScopeLookup {
  const ids = Object.fromEntries(
    Object.entries(partyLists).map(([kind, list]) => [kind, new Map(parties[list].map(({ name, id }) => [name, id]))]),
  )
  return (kind, name) => ids[kind]?.get(name)
}

async function changeBook(door: Door<House>, file: string, how?: HowSet): Promise<void> {
  const text = readText(file)
  const house = await door.house()
  const parties = await listParties(house.database.pool)
  const wanted = read(text, file, house, await metersOf(house), lookupIn(parties))
  const { changes, mistakes } = await previewPrices(house, wanted)
  if (mistakes.length > 0) throw refusalOf(mistakes, file)
  sayChanges(door, changes, house.zone, parties)
  const tiers = new Set(parties.organisations.map(({ tier }) => tier))
  const notes = firsts(changes, { versions: (await loadBook(house.database.pool)).versions, tiers })
  for (const note of notes) door.say(`note: ${note}`)
  const waits = how && changes.length > 0 ? await how.letWait(house, door, text) : undefined
  if (waits) return door.answer(waits)
  const set = how ? await setPrices(house, { principal: door.principal }, wanted) : undefined
  if (set) door.say(`\nDone: revision ${set.revision} of the price book.`)
  else if (changes.length > 0 && !how) door.say(`\nNothing was written. To do this: bursar prices set ${file}`)
  // Also when the book says so already: who pays may have changed since, and with it what has a price.
  const after = how ? await how.afterSet(house, door) : {}
  door.answer({
    ...after,
    written: set !== undefined,
    revision: set?.revision ?? null,
    notes,
    changes: changes.map(({ what, version, before, note }) => ({
      what,
      ...version,
      scope: scopeText(version),
      validFrom: iso(version.validFrom),
      for: scopeName(parties, version),
      before: before ? document(before) : null,
      note: note ?? null,
    })),
  })
}

function read(text: string, file: string, house: House, meters: Meters, lookup: ScopeLookup): Wanted[] {
  const { entries, mistakes } = readPriceFile(text, house.zone, meters)
  if (mistakes.length > 0) throw refusalOf(mistakes, file)
  const found = scoped(entries, lookup)
  if (found.mistakes.length > 0) throw refusalOf(found.mistakes, file)
  return found.wanted
}

async function metersOf(house: House): Promise<Meters> {
  const names = new Set((await meterNames(house.database.pool)).map(({ name }) => name))
  return { names, has: (name) => isMeter(name, names) }
}

function readText(file: string): string {
  try {
    const text = readFileSync(file === '-' ? 0 : file, 'utf8')
    if (text.length > 10_000_000)
      throw new Refusal(`${file} is larger than 10 MB`, 'a price file lists prices, not usage')
    return text
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const why = { ENOENT: 'there is no such file', EISDIR: 'that is a directory', EACCES: 'it may not be read' }[
      code ?? ''
    ]
    throw new Refusal(`${file}: ${why ?? message}`, 'give the path of a price file, or - for standard input')
  }
}

const signs = { add: '+', replace: '~', end: '-' } as const

function sayChanges(door: Door<House>, changes: readonly Change[], zone: string, parties: Parties): void {
  if (changes.length === 0) door.say('The price book says this already: nothing changes.')
  for (const { what, version, before, note } of changes) {
    const where = `${version.kind} of ${title(version)} for ${scopeName(parties, version)}`
    door.say(`${signs[what]} ${where} from ${localText(version.validFrom, zone)}: ${definitionTitle(version)}`)
    if (before) door.say(`    ${what === 'replace' ? 'instead of' : 'until then'}: ${definitionTitle(before)}`)
    if (note) door.say(`    note: it ${note}`)
  }
}
