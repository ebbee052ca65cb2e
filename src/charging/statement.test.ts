import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { Command } from 'commander'
import { rows } from '../database/reader.ts'
import type { House } from '../operations/house.ts'
import { createDoor } from '../terminal/door.ts'
import { statementWith } from './statement-cli.ts'
import { findProject } from './party-commands.ts'
import { rerate } from './rerate-commands.ts'
import { statementOf } from './statement-commands.ts'
import { assertBooksAgree, charge, fact, flatPrice, importSheet, newSite, on, setBook, type Site } from './testing.ts'
import { writeTrueUps } from './true-up-commands.ts'

let site: Site
before(async () => {
  site = await newSite('')
})
after(() => site.drop())

/** What `bursar statement --project …` prints, one line each, with one space between its columns. */
async function printed(project: string, { house }: Pick<Site, 'house'> = site, ...range: string[]): Promise<string[]> {
  let text = ''
  const screen = { write: (part: string) => (text += part) }
  const door = createDoor<House>({
    json: false,
    principal: 'local',
    signal: new AbortController().signal,
    screens: { out: screen, err: screen },
    open: async () => house,
    setting: async () => undefined,
    failed: () => {},
  })
  const command = new Command('statement').exitOverride()
  statementWith(async () => undefined)(command, door)
  await command.parseAsync(['--project', project, ...range], { from: 'user' })
  return text.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))
}

const book = (...lines: string[]) => setBook(site.house, `prices:\n${lines.join('\n')}\n`)

test('what lacks the same price stands in one line, whenever it was used', async () => {
  const hours = [1, 2, 3].map((hour) => on('2026-11-10') + hour * 3_600_000)
  await charge(
    site,
    hours.map((endsAt) => fact({ endsAt })),
  )
  const lines = (await printed('physics')).filter((line) => line.includes('unpriced'))
  assert.deepEqual(lines, ['3 unpriced no price for slurm cpu in tier default: set one with bursar prices set'])
})

test('a statement counts the records of which charges are left, at a price of zero too', async () => {
  await book(
    flatPrice('cpu', '1', 'cpu_core_seconds'),
    flatPrice('memory', '0', 'memory_byte_seconds'),
    flatPrice('gpu', '5', 'gpu_seconds'),
  )
  const used = { cpu_core_seconds: '3600', gpu_seconds: '3600', memory_byte_seconds: '3600' }
  const first = fact({ projectName: 'astro', quantities: used })
  await charge(site, [first, fact({ projectName: 'astro', quantities: { cpu_core_seconds: '3600' } })])
  // Told again without the GPU: its charge is taken back, and the record that stands has none.
  const { gpu_seconds: _, ...rest } = used
  await charge(site, [{ ...first, measuredAt: first.measuredAt + 1, endsAt: first.endsAt + 1000, quantities: rest }])
  const lines = await printed('astro')
  assert.deepEqual(
    lines.filter((line) => line.startsWith('2026-')),
    ['2026-11 slurm cpu 2 7,200 2.00 THB', '2026-11 slurm memory 1 3,600 0.00 THB'],
  )
})

test('a component that only a fixed part is charged for says a quantity of 0', async () => {
  await book(flatPrice('start', '1', 'energy_joules', ', fixed: 0.5').replace('service: slurm', 'service: store'))
  await charge(site, [
    fact({ service: 'store', projectName: 'bio', quantities: { energy_joules: '0', x_seconds: '9' } }),
  ])
  assert.ok((await printed('bio')).includes('2026-11 store start 1 0 0.50 THB'))
})

test('usage that became free after it was charged leaves no line', async () => {
  await book(flatPrice('cpu', '1', 'cpu_core_seconds').replace('service: slurm', 'service: desk'))
  await charge(site, [fact({ service: 'desk', projectName: 'chem' })])
  assert.ok((await printed('chem')).includes('2026-11 desk cpu 1 7,200 2.00 THB'))
  await setBook(site.house, 'policies:\n  - { service: desk, from: 2020-01-01, endStates: { COMPLETED: free } }\n')
  const choice = { principal: 'tester', project: null, from: null, to: null, reason: 'a test', dryRun: false }
  await rerate(site.house, choice, site.memory)
  assert.deepEqual(
    (await printed('chem')).filter((line) => line.startsWith('2026-')),
    [],
  )
})

// Usage of the first 1000 units of a month costs nothing, and what crosses its end is split.
const monthly = `prices:
  - { service: slurm, component: cpu, from: 2020-01-01, currency: THB, quantity: cpu_core_seconds, base: period, included: 1000, flat: { price: 1 } }
policies:
  - { service: slurm, from: 2020-01-01, crossing: split }
`
const party = async (house: House, name: string) => {
  const found = await findProject(house, name)
  assert(found)
  return found
}

/** `2026-10 7`: what the ledger holds of a project, by period. */
const ledgerOf = async (house: House, project: string) =>
  (
    await rows<{ line: string }>(
      house.database.pool,
      `select to_char(t.period, 'YYYY-MM') || ' ' || sum(case t.debit_account when a.id then t.amount else -t.amount end) as line
         from ledger.transfers t join ledger.accounts a on a.id in (t.debit_account, t.credit_account)
        where a.owner = $1 group by t.period order by t.period`,
      [project],
    )
  ).map(({ line }) => line)

test('whole months of a statement are what the ledger has of them, true-ups and split usage included', async (t) => {
  const own = await newSite(monthly)
  t.after(() => own.drop())
  const used = (startsAt: string, endsAt: string) => fact({ startsAt: on(startsAt), endsAt: on(endsAt) })
  await charge(own, [
    used('2026-09-10', '2026-09-11'),
    used('2026-10-31T22:00:00', '2026-11-01T01:00:00'),
    used('2026-10-15', '2026-10-15T02:00:00'),
    used('2026-11-29', '2026-12-01T00:00:00'),
    used('2026-12-31', '2027-02-01T00:00:01'),
  ])
  await writeTrueUps(own.house, 'tester', own.memory)
  await assertBooksAgree(own.house)
  const physics = await party(own.house, 'physics')
  const ledger = await ledgerOf(own.house, physics.project)
  assert.equal(ledger.length, 6)
  const months = '2026-09 2026-10 2026-11 2026-12 2027-01 2027-02 2027-03'.split(' ')
  const start = (month: string) => new Date(on(`${month}-01`))
  const told = async (from: Date | null, to: Date | null) =>
    (await statementOf(own.house, physics, from, to)).totals.get('THB') ?? 0n
  for (const [first, month] of months.slice(0, -1).entries()) {
    const sum = await told(start(month), start(months[first + 1] as string))
    assert.equal(`${month} ${Number(sum) / 1e9}`, `${month} ${Number(ledger[first]?.split(' ')[1])}`)
  }
  // Ranges that lie beside each other are the whole of it, where no month has a true-up that is left out.
  const all = await told(null, null)
  assert.equal((await told(null, start('2026-11'))) + (await told(start('2026-11'), null)), all)
  assert.equal((await told(start('2026-10'), null)) + (await told(null, start('2026-10'))), all)
})

test('a statement that cuts a month tells the usage that ended in the range, and which true-up is not in it', async (t) => {
  const own = await newSite(monthly)
  t.after(() => own.drop())
  const crossing = { startsAt: on('2026-10-31T22:00:00'), endsAt: on('2026-11-01T01:00:00') }
  await charge(own, [
    fact({ startsAt: on('2026-10-10') }),
    fact({ startsAt: on('2026-10-20') }),
    fact(crossing),
    fact({ startsAt: on('2026-11-20') }),
  ])
  await writeTrueUps(own.house, 'tester', own.memory)
  const lines = async (...range: string[]) =>
    (await printed('physics', own, ...range)).filter((line) => /^(2026-|total|Not in it)/.test(line))
  const left = 'what tiers and included volume make of the month, -1,000.00 THB for slurm cpu.'
  assert.deepEqual(await lines('--from', '2026-10-15', '--to', '2026-11-01'), [
    '2026-10 slurm cpu 2 21,600 21,600.00 THB',
    'total 21,600.00 THB',
    `Not in it, for the range cuts 2026-10: ${left}`,
  ])
  assert.deepEqual(await lines('--from', '2026-11-01', '--to', '2026-11-10'), [
    '2026-11 slurm cpu 1 7,200 7,200.00 THB',
    'total 7,200.00 THB',
    `Not in it, for the range cuts 2026-11: ${left}`,
  ])
  const both = await lines('--from', '2026-10-15', '--to', '2026-11-10')
  assert.equal(both.filter((line) => line.startsWith('Not in it')).length, 2)
  assert.ok(both.includes('total 28,800.00 THB'), both.join('\n'))
})

test('a statement on which nothing stands says so in a sentence, and what to do, without an empty table', async () => {
  await importSheet(site.house, 'organisation,project\nFaculty,idle\n')
  const idle = await printed('idle')
  assert.deepEqual(idle.slice(1), [
    '',
    'Nothing was used or charged yet: usage comes with bursar ingest slurm FILE, or at POST /api/v1/usage.',
    '',
    'In the ledger, not yet billed: nothing',
    '',
  ])
  const never = await printed('physics', site, '--from', '2020-01-01', '--to', '2020-02-01')
  assert.equal(
    never[2],
    'Nothing was used or charged in this range: leave out --from and --to to see all there is.',
    never.join('\n'),
  )
  await charge(site, [fact({ projectName: 'idle', service: 'unpriced-service' })])
  const waiting = await printed('idle')
  assert.equal(waiting[2], 'Nothing was charged; why not stands below.')
  assert.ok(![...idle, ...never, ...waiting].some((line) => line.startsWith('month')))
})
