import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { Command } from 'commander'
import type { House } from '../operations/house.ts'
import { createDoor } from '../terminal/door.ts'
import { statementWith } from './statement-cli.ts'
import { rerate } from './rerate-commands.ts'
import { charge, fact, flatPrice, newSite, on, setBook, type Site } from './testing.ts'

let site: Site
before(async () => {
  site = await newSite('')
})
after(() => site.drop())

/** What `bursar statement --project …` prints, one line each, with one space between its columns. */
async function printed(project: string): Promise<string[]> {
  let text = ''
  const screen = { write: (part: string) => (text += part) }
  const door = createDoor<House>({
    json: false,
    principal: 'local',
    signal: new AbortController().signal,
    screens: { out: screen, err: screen },
    open: async () => site.house,
    setting: async () => undefined,
    failed: () => {},
  })
  const command = new Command('statement').exitOverride()
  statementWith(async () => undefined)(command, door)
  await command.parseAsync(['--project', project], { from: 'user' })
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
