import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Command } from 'commander'
import { rerate } from '../charging/cli.ts'
import { explainWith } from '../charging/explain-cli.ts'
import { quarantineWith } from '../charging/quarantine-cli.ts'
import { statementWith } from '../charging/statement-cli.ts'
import { assertBooksAgree, netOfCharges, tracesIn } from '../charging/testing.ts'
import type { House } from '../operations/house.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { createDoor, type Register } from '../terminal/door.ts'
import { readAgain } from './again-stream.ts'
import { ingestSlurm } from './cli.ts'
import { demo } from './demo-cli.ts'

let fresh: FreshHouse
const directory = mkdtempSync(join(tmpdir(), 'bursar-demo-'))
before(async () => {
  fresh = await freshHouse()
})
after(async () => {
  rmSync(directory, { recursive: true })
  await fresh.drop()
})

const commands: Record<string, Register<House>> = {
  demo,
  statement: statementWith(async () => undefined),
  explain: explainWith(async () => undefined),
  rerate,
  ingest: ingestSlurm,
  quarantine: quarantineWith((cluster) => ({ slurm: async (row) => await readAgain(row, cluster) })),
}

/** Runs `bursar …` in this process and answers what it printed. */
async function run(line: readonly string[], house = fresh.house): Promise<string> {
  let printed = ''
  const screen = { write: (text: string) => (printed += text) }
  const [name = '', ...words] = line
  const door = createDoor<House>({
    json: words.includes('--json'),
    principal: 'local',
    signal: new AbortController().signal,
    screens: { out: screen, err: screen },
    open: async () => house,
    setting: async (setting) => (setting === 'BURSAR_UNKNOWN_PARTIES' ? 'create' : './data'),
    failed: () => {},
  })
  const command = new Command(name).exitOverride()
  commands[name]?.(command, door)
  for (const each of [command, ...command.commands]) each.option('--json')
  await command.parseAsync(words, { from: 'user' })
  return printed
}
const words = (line: string) => line.split(' ')

test('the demo is loaded, charged, marked as demo, and a second time changes nothing', async () => {
  const printed = await run(['demo'])
  assert.match(printed, /^This is demo data/)
  assert.match(printed, /57 jobs recorded, 48 charged/)
  assert.match(printed, /What to type next:\n {2}npx bursar statement --project demo-physics /)
  const net = await netOfCharges(fresh.house)
  assert.equal(net.length, 4)
  for (const line of net) assert.match(line, /^demo-\w+ demo 2026-11 THB /)
  const traces = await tracesIn(fresh.house)
  assert.match(await run(['demo']), /known already: all 57 jobs were seen before/)
  assert.deepEqual(await tracesIn(fresh.house), traces)
  await assertBooksAgree(fresh.house)
})

test('a house with data of its own is not mixed with the demo', async () => {
  const other = await freshHouse()
  try {
    const file = join(directory, 'own.psv')
    writeFileSync(
      file,
      'JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES\n' +
        '1|own|bio|eve|COMPLETED|1795250000|1795250000|1795253600|3600|cpu=1\n',
    )
    await run(['ingest', 'slurm', file], other.house)
    const traces = await tracesIn(other.house)
    await assert.rejects(run(['demo'], other.house), /has data already \(the organisation “unassigned”\)/)
    assert.deepEqual(await tracesIn(other.house), traces)
  } finally {
    await other.drop()
  }
})

test('explain shows who, when, the price, the formula with its numbers, the one rounding, and the books', async () => {
  const printed = await run(words('explain demo/21'))
  assert.match(printed, /alice, for demo-physics of Demo Faculty of Science \(tier mu\)/)
  assert.match(printed, /gpu_a100_seconds +6 /)
  assert.match(printed, /memory_byte_seconds \/ 1,073,741,824 = 25,769,803,776 \/ 1,073,741,824 = 24 GiB-seconds/)
  assert.match(printed, /24 × 0\.5 THB ÷ 3,600 = 1\/300 = 0\.003333333333…/)
  assert.match(printed, /sum {3}cpu 0\.003333333 \+ gpu 0\.008333333 \+ memory 0\.003333333 = 0\.014999999 THB/)
  assert.match(printed, /debit unbilled receivable, credit usage revenue \(charge, 2026-11\)/)
  assert.match(printed, /billing=26,cpu=4,gres\/gpu:a100=2/)
  const charge = /gpu {3}\S+ THB {3}(chg_\d+)/.exec(printed)?.[1] as string
  const pointed = printed.replace(charge, `${charge}   ◀ asked for`)
  assert.equal(await run(['explain', charge]), pointed)
})

test('explain says why a run is free, and shows both runs of a job that was requeued', async () => {
  const printed = await run(words('explain 54'))
  assert.match(printed, /free: end state NODE_FAIL is free by the policy of its price/)
  assert.match(printed, /demo\/54\/1795250394 {3}0\.009941406 THB/)
  assert.match(await run(words('explain 2')), /accruing: it has not ended yet/)
  await assert.rejects(run(words('explain 4711')), /Nothing is known of “4711”/)
})

test('explain finds a task of an array and a component of a het job by what their user sees', async () => {
  const task = await run(words('explain 13_2'))
  assert.match(task, /^demo\/47\/1795250309 \(13_2\) {3}/)
  assert.equal(await run(words('explain demo/13_2')), task)
  assert.match(await run(words('explain 25+1')), /^demo\/26\/1795250309 \(25\+1\) {3}/)
  await assert.rejects(run(words('explain other/25+1')), /Nothing is known/)
})

test('explain takes a name with a slash behind it for the runs of that job, and finds nothing else', async () => {
  const runs = await run(words('explain demo/54/'))
  assert.equal(runs, await run(words('explain 54')))
  assert.equal(await run(words('explain demo/54/1795250394/')), await run(words('explain demo/54/1795250394')))
  assert.ok(!(await run(words('explain demo/5/'))).includes('demo/54'))
  await assert.rejects(run(words('explain demo/54/1')), /Nothing is known/)
})

test('a statement adds up to the ledger, and says what was not charged and why', async () => {
  const answer = JSON.parse(await run(words('statement --project demo-chem --json'))) as Record<string, object>
  assert.deepEqual(answer['total'], { THB: '0.293090819' })
  assert.deepEqual(answer['owed'], answer['total'])
  const printed = await run(words('statement --project demo-chem'))
  assert.match(printed, /2 +free +end state PREEMPTED is free/)
  await assert.rejects(run(words('statement --project nobody')), /There is no project “nobody”/)
})

test('rerate looks first, and says that nothing would change', async () => {
  const traces = await tracesIn(fresh.house)
  assert.match(
    await run(['rerate', '--reason', 'to see']),
    /57 records looked at, 0 would change|56 records looked at, 0 would/,
  )
  assert.deepEqual(await tracesIn(fresh.house), traces)
})

test('quarantine lists what waits in pages with place and reason, and replays what can be read now', async () => {
  assert.equal(await run(words('quarantine list')), 'Nothing waits in quarantine.\n')
  const file = join(directory, 'damaged.psv')
  const row = (id: number, cluster: string) =>
    `${id}|${cluster}|physics|alice|COMPLETED|1795250000|1795250000|1795253600|3600|cpu=1`
  const header = 'JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES'
  writeFileSync(
    file,
    [header, row(901, ''), row(902, 'demo'), row(903, ''), row(904, '').replace('3600|cpu', 'x|cpu'), ''].join('\n'),
  )
  await run(['ingest', 'slurm', file])
  const listed = JSON.parse(await run(words('quarantine list --json --limit 2'))) as {
    waiting: number
    next: string
    rows: { id: string; line: number; reason: string; raw?: string }[]
  }
  assert.deepEqual([listed.waiting, listed.rows.map(({ line }) => line)], [3, [2, 4]])
  assert.equal(listed.rows[0]?.raw, undefined)
  assert.match(await run(['quarantine', 'list', '--after', listed.next]), /damaged\.psv:5/)
  const first = listed.rows[0]?.id as string
  assert.match(await run(['quarantine', 'replay', first, '--cluster', 'demo', '--dry-run']), /replayed +1\n/)
  assert.match(await run(['quarantine', 'replay', first, '--cluster', 'demo']), /charged +1\n/)
  await assert.rejects(run(['quarantine', 'replay', first]), /does not wait in quarantine/)
  await assert.rejects(run(['quarantine', 'replay', 'job7']), /is no id of a quarantined row/)
  const all = await run(words('quarantine replay --cluster demo'))
  assert.match(all, /replayed +1\n/)
  assert.match(all, /still waiting +1\n/)
  await assertBooksAgree(fresh.house)
})

test('a replay creates nobody unless it is told to', async () => {
  const file = join(directory, 'unknown.psv')
  const header = 'JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES'
  writeFileSync(file, `${header}\n951|demo|geology|eve|COMPLETED|1795250000|1795250000|1795253600|3600|cpu=1\n`)
  await run(['ingest', 'slurm', '--unknown', 'quarantine', file])
  const traces = await tracesIn(fresh.house)
  const { rows: waits } = JSON.parse(await run(words('quarantine list --json'))) as {
    rows: { id: string; reason: string }[]
  }
  const { id = '' } = waits.find(({ reason }) => reason.includes('geology')) ?? {}
  const left = await run(['quarantine', 'replay', id])
  assert.match(left, /still waiting +1\n/)
  const { 'parties.projects': projects, 'metering.records': records } = await tracesIn(fresh.house)
  assert.deepEqual([projects, records], [traces['parties.projects'], traces['metering.records']])
  assert.match(await run(['quarantine', 'replay', id, '--unknown', 'create']), /recorded +1\n/)
  assert.equal((await tracesIn(fresh.house))['parties.projects'], Number(projects) + 1)
})
