import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { newMemory } from '../charging/memory-commands.ts'
import { amountColumn } from '../charging/spoken.ts'
import { statementOf } from '../charging/statement-commands.ts'
import { meterNames, sources } from '../metering/commands.ts'
import { isMeter } from '../metering/meter.ts'
import type { House } from '../operations/house.ts'
import { partiesOf } from '../parties/commands.ts'
import { importParties, listParties, previewImport } from '../parties/import-commands.ts'
import { readSheet } from '../parties/sheet.ts'
import { loadBook, previewPrices, refusalOf, scoped, setPrices } from '../pricing/commands.ts'
import { readPriceFile } from '../pricing/price-file.ts'
import type { Door, Register } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { nanosText } from '../values/money.ts'
import { Refusal } from '../values/refusal.ts'
import { ingest, type IngestResult } from './commands.ts'

const file = (name: string): string => fileURLToPath(new URL(`../../demo/${name}`, import.meta.url))
const text = (name: string): string => readFileSync(file(name), 'utf8')

/** What everything in the demo is called, so that nobody takes it for business. */
const demoSource = 'slurm:demo'
const demoOrganisation = /^Demo /

const helpText = `
It loads demo/parties.csv, demo/prices.yaml and demo/jobs.psv of the project. All of it is marked: organisations are
named “Demo …”, projects demo-…, the cluster demo. It goes into an empty house only, because demo prices must never
price real usage. Loading it again changes nothing. To be rid of it, stop Bursar and remove the data directory.`

/** `bursar demo` */
export const demo: Register<House> = (command, door) => {
  command.addHelpText('after', helpText).action(async () => {
    const house = await door.house()
    await refuseOtherData(house)
    door.say('This is demo data: jobs of a Slurm test cluster, made-up organisations, made-up prices.\n')
    const parties = await loadParties(house, door)
    const prices = await loadPrices(house, door)
    const jobs = await loadJobs(house, door)
    door.table(
      [
        ['parties.csv', parties !== '' ? `${parties} imported` : 'known already'],
        ['prices.yaml', prices > 0 ? `${grouped(prices)} prices and policies set` : 'known already'],
        ['jobs.psv', jobsText(jobs)],
      ],
      [{ title: 'demo file' }, { title: 'what came of it' }],
    )
    await showProjects(house, door, { prices, recorded: jobs.recorded, duplicates: jobs.duplicates })
  })
}

const jobsText = ({ recorded, duplicates, charged, amounts }: IngestResult): string => {
  if (recorded === 0) return `known already: all ${grouped(duplicates)} jobs were seen before`
  const sums = [...amounts].map(([currency, nanos]) => amountText(nanosText(nanos), currency))
  return `${grouped(recorded)} jobs recorded, ${grouped(charged)} charged: ${sums.join(', ')}`
}

async function refuseOtherData(house: House): Promise<void> {
  const reader = house.database.pool
  const { organisations } = await listParties(reader)
  const foreign = organisations.find(({ name }) => !demoOrganisation.test(name))
  const source = (await sources(reader)).find((each) => each.source !== demoSource)
  const { changes } = await previewPrices(house, await demoPrices(house))
  const hasOtherPrices = changes.length > 0 && (await loadBook(reader)).versions.length > 0
  if (!foreign && !source && !hasOtherPrices) return
  const found = foreign
    ? `the organisation “${foreign.name}”`
    : source
      ? `usage from ${source.source}`
      : 'its own prices'
  throw new Refusal(
    `This house has data already (${found}); the demo goes into an empty one only.`,
    'Give it a data directory of its own: npx bursar demo --data ./data-demo',
  )
}

async function loadParties(house: House, door: Door<House>): Promise<string> {
  const sheet = readSheet(text('parties.csv'))
  if (!sheet.ok) throw new Refusal('demo/parties.csv cannot be read.', 'Restore it: git checkout demo')
  const preview = await previewImport(house.database.pool, sheet.value)
  if (!preview.ok) throw new Refusal('demo/parties.csv does not fit what is known.', 'Start with an empty house.')
  const { changes, names } = preview.value.plan
  if (changes.length + names.length === 0) return ''
  const call = { principal: door.principal, key: `demo-parties-${preview.value.revision}` }
  await importParties(house, call, preview.value)
  const count = (kind: string) => changes.filter((change) => change.added && change.kind === kind).length
  return `${count('organisation')} organisations, ${count('project')} projects, ${count('person')} people`
}

async function demoPrices(house: House) {
  const names = new Set((await meterNames(house.database.pool)).map(({ name }) => name))
  const meters = { names, has: (name: string) => isMeter(name, names) }
  const { entries, mistakes } = readPriceFile(text('prices.yaml'), house.zone, meters)
  if (mistakes.length > 0) throw refusalOf(mistakes, 'demo/prices.yaml')
  return scoped(entries, () => undefined).wanted
}

async function loadPrices(house: House, door: Door<House>): Promise<number> {
  const set = await setPrices(house, { principal: door.principal }, await demoPrices(house))
  return set?.versions.length ?? 0
}

async function loadJobs(house: House, door: Door<House>): Promise<IngestResult> {
  const settings = {
    principal: door.principal,
    unknown: 'create',
    chargeFrom: null,
    dryRun: false,
    format: 'sacct',
    cluster: undefined,
    zone: 'UTC',
    signal: door.signal,
    onPage: () => {},
  } as const
  return await ingest(house, [file('jobs.psv')], settings, newMemory(house.zone))
}

async function showProjects(house: House, door: Door<House>, counts: Record<string, number>): Promise<void> {
  const parties = [...(await partiesOf(house.database.pool)).values()]
  const statements = []
  for (const party of parties.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    statements.push(await statementOf(house, party, null, null))
  }
  const sums = (totals: ReadonlyMap<string, bigint>) =>
    Object.fromEntries([...totals].map(([currency, nanos]) => [currency, nanosText(nanos)]))
  door.answer({
    demo: true,
    ...counts,
    projects: statements.map(({ project, totals }) => ({
      name: project.name,
      organisation: project.organisationName,
      tier: project.tier,
      amount: sums(totals),
    })),
  })
  const rows = statements.flatMap(({ project, totals, notCharged }) =>
    [...totals].map(([currency, nanos]) => ({ project, notCharged, currency, nanos })),
  )
  const amounts = amountColumn(rows.map(({ nanos }) => nanos))
  door.say('')
  door.table(
    rows.map(({ project, notCharged, currency }, index) => [
      project.name,
      project.organisationName,
      project.tier,
      grouped(notCharged.reduce((sum, { records }) => sum + records, 0)),
      `${amounts[index]} ${currency}`,
    ]),
    [
      { title: 'project' },
      { title: 'organisation' },
      { title: 'tier' },
      { title: 'jobs not charged', align: 'right' },
      { title: 'amount', align: 'right' },
    ],
  )
  const data = await door.setting('BURSAR_DATA')
  const where = data === undefined || data === './data' ? '' : ` --data ${data}`
  door.say(`
What to type next:
  npx bursar statement --project demo-physics${where}    one project, by month and component
  npx bursar explain demo/21${where}                     why job 21, with two GPUs, cost what it did
  npx bursar verify${where}                              proves the books: every sum, every price, the seal`)
}
