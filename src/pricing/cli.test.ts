import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { Command } from 'commander'
import { letPricesWait } from '../access/approval-cli.ts'
import { decide } from '../access/approval-commands.ts'
import { rows } from '../database/reader.ts'
import type { House } from '../operations/house.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { createDoor } from '../terminal/door.ts'
import { numberOf } from '../values/id.ts'
import { pricesWith } from './cli.ts'
import { zone } from './testing.ts'

let fresh: FreshHouse
const directory = mkdtempSync(join(tmpdir(), 'bursar-prices-'))
before(async () => {
  fresh = await freshHouse(zone)
})
after(async () => {
  rmSync(directory, { recursive: true })
  await fresh.drop()
})

const demo = fileURLToPath(new URL('../../demo/prices.yaml', import.meta.url))

let limits: Record<string, string> = {}

/** Runs `bursar prices …` and answers what it printed. */
async function run(...words: string[]): Promise<string> {
  let printed = ''
  const screen = { write: (text: string) => (printed += text) } as unknown as NodeJS.WriteStream
  const json = words.includes('--json')
  const door = createDoor<House>({
    json,
    principal: 'local',
    signal: new AbortController().signal,
    screens: { out: screen, err: screen },
    open: async () => fresh.house,
    setting: async (name) => limits[name],
    failed: () => {},
  })
  const command = new Command('prices').exitOverride()
  const how = { afterSet: async () => ({}), letWait: letPricesWait }
  pricesWith(how, async () => undefined)(command, door)
  await command.parseAsync(
    words.filter((word) => word !== '--json'),
    { from: 'user' },
  )
  return printed
}
const answer = async (...words: string[]) => JSON.parse(await run(...words, '--json')) as Record<string, unknown>

function file(text: string): string {
  const path = join(directory, 'prices.yaml')
  writeFileSync(path, text)
  return path
}

test('the prices of the demo are checked, set, listed and shown; setting them again changes nothing', async () => {
  assert.match(await run('list'), /No prices yet.*bursar prices set FILE/)
  assert.match(await run('list', '--service', 'slurn'), /No price of service “slurn” holds now/)
  assert.match(
    await run('check', demo),
    /\+ price of slurm cpu for tier mu from 2020-01-01 00:00:00\+07:00: 1 THB per 3600 core-second/,
  )
  assert.match(await run('list'), /No prices yet/)
  assert.match(await run('set', demo), /Done: revision 1 of the price book\./)
  assert.match(await run('set', demo), /says this already: nothing changes/)
  const { versions } = (await answer('list')) as { versions: { id: string; component: string; for: string }[] }
  assert.equal(versions.length, 10)
  const gpu = versions.find((version) => version.component === 'gpu' && version.for === 'tier gov')
  assert.match(await run('show', gpu?.id ?? ''), /flat: \{ price: 10, per: 3600 \}/)
})

test('a service, currency or tier that nobody has used yet is noted, with what may have been meant', async () => {
  const entry =
    '{ service: slrum, component: cpu, tier: mi, from: 2020-01-01, currency: THD, quantity: elapsed_seconds, flat: { price: 1 } }'
  const mistyped = await run('check', file(`prices:\n  - ${entry}`))
  const notes = mistyped.split('\n').filter((line) => line.startsWith('note: '))
  assert.deepEqual(notes, [
    'note: first price of service slrum: did you mean slurm?',
    'note: first price in THD: did you mean THB?',
    'note: tier mi is used by nobody yet',
  ])
  const usual = file(`prices:\n  - ${entry.replace('slrum', 'slurm').replace('THD', 'THB').replace('tier: mi, ', '')}`)
  assert.deepEqual((await answer('check', usual))['notes'], [])
})

test('in an empty book what is said most often is usual', async () => {
  const other = await freshHouse(zone)
  try {
    const price = (service: string) =>
      `  - { service: ${service}, component: cpu, from: 2020-01-01, currency: THB, quantity: elapsed_seconds, flat: { price: 1 } }`
    const lines = [price('slurm'), price('slurm').replace('cpu', 'gpu'), price('slrum')].join('\n')
    const path = file(`prices:\n${lines}`)
    const [mine] = [fresh]
    fresh = other
    const { notes } = await answer('check', path).finally(() => (fresh = mine))
    assert.deepEqual(notes, ['first price of service slrum: did you mean slurm?'])
  } finally {
    await other.drop()
  }
})

test('setting with --json answers what was changed', async () => {
  const path = file('discounts:\n  - { service: slurm, tier: gov, from: 2026-01-01, percent: 12.5 }')
  const set = await answer('set', path)
  assert.equal(set['written'], true)
  assert.match(JSON.stringify(set['changes']), /"what":"add".*"percent":"12.5"/)
  assert.deepEqual((await answer('set', path))['changes'], [])
})

test('a price with a mistake is refused with file, line, column and caret, and nothing is set', async () => {
  const path = file(
    'prices:\n  - { service: slurm, component: cpu, from: 2026-01-01, currency: THB, quantity: gpu_secnds / 0, flat: { price: 1 } }',
  )
  const before1 = await run('list', '--all')
  await assert.rejects(run('set', path), (error: Error) => {
    assert.ok(
      error.message.startsWith(`${path}:2:82: quantity: there is no meter gpu_secnds: did you mean gpu_seconds?`),
      error.message,
    )
    assert.match(error.message, /\n {4}gpu_secnds \/ 0\n {4}\^$/)
    return true
  })
  assert.equal(await run('list', '--all'), before1)
})

test('what is no price file is refused by its name', async () => {
  await assert.rejects(run('set', join(directory, 'none.yaml')), /none\.yaml: there is no such file/)
  await assert.rejects(run('check', directory), /that is a directory/)
  await assert.rejects(
    run(
      'check',
      file('prices:\n  - { service: slurm, project: nobody, component: cpu, from: 2026-01-01, ended: true }'),
    ),
    /there is no project nobody/,
  )
  await assert.rejects(run('show', 'prc_1'), /there is no price version prc_1/)
})

test('where changes of prices take a second person, a file waits for one, and nothing is written', async (t) => {
  limits = { BURSAR_APPROVAL_PRICES: 'on' }
  t.after(() => (limits = {}))
  const yaml =
    'prices:\n  - { service: waits, component: cpu, from: 2026-01-01, currency: THB, quantity: cpu_core_seconds, flat: { price: 1, per: 3600 } }\n'
  const versions = async () => (await rows(fresh.database.pool, `select from pricing.versions`)).length
  const before = await versions()
  const [, id] = /waits for a second person: (apr_\d+)/.exec(await run('set', file(yaml))) ?? []
  const again = await answer('set', file(yaml))
  assert.deepEqual([await versions(), again['state'], again['id']], [before, 'waiting', id])
  assert.match(await run('set', file(yaml)), new RegExp(`waits for a second person already: ${id}\n`))
  const kept = () =>
    rows<{ wanted: string; body: string }>(fresh.database.pool, `select wanted, body from access.approvals order by id`)
  assert.deepEqual(await kept(), [{ wanted: 'prices.set', body: yaml }])
  await decide(
    fresh.house,
    { principal: 'somsri', key: 'no' },
    numberOf('approval', id ?? '') as bigint,
    'rejected',
    null,
  )
  assert.match(await run('set', file(yaml)), /waits for a second person: apr_\d+/)
  assert.match(await run('set', file(`# other\n${yaml}`)), /waits for a second person: apr_\d+/)
  assert.equal((await kept()).length, 3)
  assert.match(await run('check', file(yaml)), /Nothing was written/)
})
