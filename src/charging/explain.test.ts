import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { Command } from 'commander'
import type { House } from '../operations/house.ts'
import { createDoor } from '../terminal/door.ts'
import { explainWith } from './explain-cli.ts'
import { rerate } from './rerate-commands.ts'
import { charge, fact, flatPrice, newSite, setBook, type Site } from './testing.ts'

let site: Site
before(async () => {
  site = await newSite()
})
after(() => site.drop())

/** What `bursar explain …` prints. */
async function explained(what: string, json = false): Promise<string> {
  let text = ''
  const screen = { write: (part: string) => (text += part) }
  const door = createDoor<House>({
    json,
    principal: 'local',
    signal: new AbortController().signal,
    screens: { out: screen, err: screen },
    open: async () => site.house,
    setting: async () => undefined,
    failed: () => {},
  })
  const command = new Command('explain').exitOverride()
  explainWith(async () => undefined)(command, door)
  await command.parseAsync([what], { from: 'user' })
  return text
}

type Told = {
  asked: string | null
  records: {
    record: { id: string }
    successor: string | null
    charges: { id: string }[]
    past: { id: string; kind: string; transfer: string; because: { reason: string; operation: string } | null }[]
    transfers: { id: string; debit: { owner: string }; credit: { owner: string } }[]
  }[]
}
const told = async (what: string) => JSON.parse(await explained(what, true)) as Told

test('what was taken back is told with its price, its transfers, who did it and why', async () => {
  const used = fact({ externalId: 'lab/700/1', projectName: 'astro' })
  await charge(site, [used])
  await setBook(
    site.house,
    `prices:\n${flatPrice('cpu', '3', 'cpu_core_seconds', ', project: astro').replace('2020-01-01', '2021-01-01')}\n`,
  )
  const choice = { project: null, from: null, to: null, reason: 'the price was a mistake', dryRun: false }
  await rerate(site.house, { ...choice, principal: 'somying' }, site.memory)
  const printed = await explained('700')
  const taken = printed.slice(printed.indexOf('Taken back:'))
  assert.match(taken, /^ {2}chg_\d+ {2}charge {2}cpu {2}2\.00 THB {2}prc_\d+ {2}trf_\d+$/m)
  assert.match(taken, /^ {2}chg_\d+ {2}reversal {2}cpu {2}-2\.00 THB {2}prc_\d+ {2}trf_\d+$/m)
  assert.match(taken, /^ {6}the price was a mistake \(somying, 2\d{3}-.*, op_\d+\)$/m)
  const [record] = (await told('700')).records
  const reversal = record?.past.find(({ kind }) => kind === 'reversal')
  assert.ok(reversal && taken.includes(`  ${reversal.transfer}  2.00 THB  debit usage revenue`), taken)

  // A question about the reversal points at it.
  const lines = (await explained(reversal.id)).split('\n').filter((line) => line.includes('◀ asked for'))
  assert.deepEqual(
    lines.map((line) => line.trim().split(' ')[0]),
    [reversal.id],
  )
  assert.equal((await told(reversal.id)).asked, reversal.id)
  const standing = record?.charges[0]?.id as string
  assert.match(await explained(standing), new RegExp(`^cpu .* ${standing} {3}◀ asked for$`, 'm'))
})

test('a record that was corrected says which version stands instead', async () => {
  const used = fact({ externalId: 'lab/701/1' })
  await charge(site, [used])
  const [first] = (await told('701')).records
  await charge(site, [{ ...used, measuredAt: used.measuredAt + 1, quantities: { cpu_core_seconds: '3600' } }])
  const [second] = (await told('701')).records
  assert.notEqual(second?.record.id, first?.record.id)
  assert.equal((await told(first?.record.id as string)).records[0]?.successor, second?.record.id)
  const printed = await explained(first?.record.id as string)
  assert.match(printed, new RegExp(`^lab/701/1 {3}corrected: version 2 stands, ${second?.record.id}$`, 'm'))
  assert.match(printed, /corrected: its source told it otherwise \(tester, /)
})

test('a job of a cluster with a slash in its name is found by its name, its number and its run', async () => {
  const odd = { source: 'slurm:a/b c', providerName: 'a/b c' }
  await charge(site, [
    fact({ ...odd, externalId: 'a/b c/77/1795250309' }),
    fact({ ...odd, externalId: 'a/b c/x/y' }),
    fact({ externalId: 'lab/777/1795250309' }),
  ])
  const idsOf = async (what: string) =>
    (await told(what)).records.map(({ record }) => (record as unknown as { externalId: string }).externalId)
  for (const what of ['a/b c/77', 'a/b c/77/', 'a/b c/77/1795250309', '77']) {
    assert.deepEqual(await idsOf(what), ['a/b c/77/1795250309'], what)
  }
  assert.deepEqual(await idsOf('a/b c/x'), ['a/b c/x/y'])
  for (const what of ['lab/777', 'lab/777/1795250309', '777']) {
    assert.deepEqual(await idsOf(what), ['lab/777/1795250309'], what)
  }
  await assert.rejects(explained('b c/77'), /Nothing is known/)
})

test('as JSON ids have their prefixes, and names are in one style', async () => {
  const text = await explained('700', true)
  assert.deepEqual(text.match(/"[0-9a-f]{8}-[0-9a-f]{4}-[^"]*"/g), null)
  const underscored = [...text.matchAll(/"([a-z]+_\w+)":/g)].map(([, name]) => name)
  // Meters and dimensions are names that sources and prices use.
  assert.deepEqual([...new Set(underscored)], ['cpu_core_seconds'])
  const [record] = (JSON.parse(text) as Told).records
  assert.match(record?.transfers[0]?.debit.owner ?? '', /^prj_/)
  assert.match(record?.transfers[0]?.credit.owner ?? '', /^prv_/)
})
