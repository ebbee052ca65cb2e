import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { rows } from '../database/reader.ts'
import { rerate, type RerateChoice } from './rerate-commands.ts'
import { chargingTasks } from './tasks.ts'
import {
  assertBooksAgree,
  charge,
  fact,
  flatPrice,
  importSheet,
  netOfCharges,
  newSite,
  on,
  setBook,
  type Site,
  tracesIn,
} from './testing.ts'
import { chargeNow } from './waiting-cli.ts'
import { chargeWhatWaits } from './waiting-commands.ts'
import type { House } from '../operations/house.ts'
import { createDoor } from '../terminal/door.ts'

let site: Site
before(async () => {
  site = await newSite('')
})
after(() => site.drop())

const book = (...lines: string[]) => setBook(site.house, `prices:\n${lines.join('\n')}\n`)
const netOf = async (project: string) =>
  (await netOfCharges(site.house)).filter((line) => line.startsWith(`${project} `))
const waitNoMore = () => chargeWhatWaits(site.house, 'tester', site.memory)
const anew = (more: Partial<RerateChoice> = {}) =>
  rerate(
    site.house,
    { principal: 'tester', project: null, from: null, to: null, reason: 'a test', dryRun: false, ...more },
    site.memory,
  )
const uuidOf = async (name: string) =>
  (await rows<{ id: string }>(site.database.pool, 'select id from parties.projects where name = $1', [name]))[0]!.id

test('usage without a price waits, with its reason, and is charged once when a price appears', async () => {
  const result = await charge(site, [fact(), fact(), fact({ state: 'NODE_FAIL' })])
  assert.deepEqual([result.recorded, result.charged, result.unpriced], [3, 0, 2])
  assert.deepEqual((await waitNoMore()).charged, 0)
  await book(flatPrice('cpu', '1', 'cpu_core_seconds', ', tier: mu'))
  assert.deepEqual((await waitNoMore()).charged, 0, 'that price is for others')

  await importSheet(site.house, 'organisation,tier,project\nFaculty,mu,physics\n')
  const { charged, amounts } = await waitNoMore()
  assert.deepEqual([charged, amounts.get('THB')], [2, 4_000_000_000n])
  assert.deepEqual(await netOf('physics'), ['physics lab 2026-11 THB 4'])
  const traces = await tracesIn(site.house)
  assert.deepEqual((await waitNoMore()).charged, 0)
  assert.deepEqual(await tracesIn(site.house), traces)
  await assertBooksAgree(site.house)
})

test('records that became free are not told as charged', async () => {
  let printed = ''
  const screen = { write: (text: string) => (printed += text) }
  const door = createDoor<House>({
    json: false,
    principal: 'tester',
    signal: new AbortController().signal,
    screens: { out: screen, err: screen },
    open: async () => site.house,
    setting: async () => undefined,
    failed: () => {},
  })
  await charge(
    site,
    [0, 1, 2].map((gpus) =>
      fact({ service: 'desk', projectName: 'desks', quantities: { gpu_seconds: String(gpus * 3600), x_seconds: '9' } }),
    ),
  )
  await book(flatPrice('gpu', '1', 'gpu_seconds').replace('service: slurm', 'service: desk'))
  assert.deepEqual(await chargeNow(site.house, door), { charged: 2, free: 1, amount: { THB: '3' } })
  assert.equal(printed, '3 records no longer wait for a price: 2 charged (3.00 THB), 1 free.\n')
})

test('a server charges what waits by itself, once there is a price', async () => {
  const waiting = fact({ service: 'other' })
  await charge(site, [waiting])
  const [task] = chargingTasks(site.house)
  const turn = { signal: new AbortController().signal, progress: async () => {} }
  await task!.run(turn)
  await book(flatPrice('cpu', '4', 'cpu_core_seconds').replace('slurm', 'other'))
  await task!.run(turn)
  assert.deepEqual(await netOf('physics'), ['physics lab 2026-11 THB 12'])
  const traces = await tracesIn(site.house)
  await task!.run(turn)
  assert.deepEqual(await tracesIn(site.house), traces)
})

test('a correction that comes while the record still waits is what is charged', async () => {
  await importSheet(site.house, 'organisation,tier,project\nFaculty,mu,corrected\n')
  const usage = fact({ service: 'unheard', projectName: 'corrected' })
  await charge(site, [usage])
  const newer = { ...usage, measuredAt: usage.measuredAt + 1, quantities: { cpu_core_seconds: '3600' } }
  assert.deepEqual((await charge(site, [newer])).unpriced, 1)
  await book(flatPrice('cpu', '1', 'cpu_core_seconds').replace('slurm', 'unheard'))
  assert.equal((await waitNoMore()).charged, 1)
  assert.deepEqual(await netOf('corrected'), ['corrected lab 2026-11 THB 1'])
})

test('rating anew says the difference first, then makes it, keeps the reason, and changes nothing twice', async () => {
  await importSheet(site.house, 'organisation,tier,project\nFaculty,mu,anew\nFaculty,,bystander\n')
  const broken = fact({ projectName: 'anew', state: 'PREEMPTED' })
  await charge(site, [fact({ projectName: 'anew' }), broken, fact({ projectName: 'bystander' })])
  // A price that was written down too late: it holds from the middle of what was rated already.
  await book(flatPrice('cpu', '3', 'cpu_core_seconds', ', tier: mu', '2026-11-05'))
  const project = await uuidOf('anew')
  const traces = await tracesIn(site.house)
  const dry = await anew({ project, dryRun: true })
  assert.deepEqual([dry.looked, dry.changed, dry.amounts.get('THB')], [2, 1, 4_000_000_000n])
  assert.deepEqual(await tracesIn(site.house), traces)
  assert.deepEqual(await netOf('anew'), ['anew lab 2026-11 THB 2'])

  const done = await anew({ project, reason: 'the price list came late' })
  assert.deepEqual([done.changed, done.amounts.get('THB')], [1, 4_000_000_000n])
  assert.deepEqual(await netOf('anew'), ['anew lab 2026-11 THB 6'])
  assert.deepEqual(await netOf('bystander'), ['bystander lab 2026-11 THB 2'], 'nobody else is touched')
  const kept = await rows<{ answer: string }>(
    site.database.pool,
    `select answer from operations.operations where command = 'charging.rerate'`,
  )
  assert.deepEqual(
    kept.map(({ answer }) => JSON.parse(answer) as unknown),
    [{ reason: 'the price list came late', changed: 1 }],
  )
  assert.deepEqual((await anew({ project })).changed, 0)
  await assertBooksAgree(site.house)
})

test('a correction is rated with the prices of the charge it corrects, also after rating anew', async () => {
  await importSheet(site.house, 'organisation,tier,project\nFaculty,mu,later\n')
  const usage = fact({ projectName: 'later', startsAt: on('2026-11-20') })
  await charge(site, [usage])
  assert.deepEqual(await netOf('later'), ['later lab 2026-11 THB 6'])
  await book(flatPrice('cpu', '7', 'cpu_core_seconds', ', tier: mu', '2026-11-15'))
  const half = { ...usage, measuredAt: usage.measuredAt + 1, quantities: { cpu_core_seconds: '3600' } }
  await charge(site, [half])
  assert.deepEqual(await netOf('later'), ['later lab 2026-11 THB 3'])
  await anew({ project: await uuidOf('later') })
  assert.deepEqual(await netOf('later'), ['later lab 2026-11 THB 7'])
  const third = { ...usage, measuredAt: usage.measuredAt + 2, quantities: { cpu_core_seconds: '1800' } }
  await charge(site, [third])
  assert.deepEqual(await netOf('later'), ['later lab 2026-11 THB 3.5'])
  await assertBooksAgree(site.house)
})

test('what was rated anew as free stays so through a correction', async () => {
  await importSheet(site.house, 'organisation,tier,project\nFaculty,mu,pardoned\n')
  const usage = fact({ projectName: 'pardoned', state: 'TIMEOUT', startsAt: on('2026-11-22') })
  await charge(site, [usage])
  assert.deepEqual(await netOf('pardoned'), ['pardoned lab 2026-11 THB 14'])
  await setBook(site.house, 'policies:\n  - { service: slurm, from: 2026-11-21, endStates: { TIMEOUT: free } }\n')
  await anew({ project: await uuidOf('pardoned') })
  assert.deepEqual(await netOf('pardoned'), [])
  await charge(site, [{ ...usage, measuredAt: usage.measuredAt + 1, quantities: { cpu_core_seconds: '3600' } }])
  assert.deepEqual(await netOf('pardoned'), [])
  await assertBooksAgree(site.house)
})

test('rating anew leaves alone what runs still and what was never to be charged', async () => {
  const old = fact({ projectName: 'kept', startsAt: on('2026-10-01') })
  const running = fact({ projectName: 'kept', final: false })
  await charge(site, [old, running], { chargeFrom: on('2026-11-01') })
  const project = await uuidOf('kept')
  assert.equal((await anew({ project })).changed, 0)
  assert.deepEqual(await netOf('kept'), [])
})

test('rating anew says and does the same where tiers look at the whole month', async (t) => {
  const own = await newSite('')
  t.after(() => own.drop())
  const monthly = (price: string, included: string) =>
    flatPrice('month', price, 'cpu_core_seconds', `, base: period, included: ${included}`, '2026-11-01')
  await setBook(own.house, `prices:\n${monthly('1', '1000')}\n`)
  const days = ['2026-11-13', '2026-11-14', '2026-11-15']
  await charge(
    own,
    days.map((day) => fact({ startsAt: on(day) })),
  )
  const choice = { principal: 'tester', project: null, from: null, to: null, reason: 'a test' }
  const traces = await tracesIn(own.house)
  const dry = await rerate(own.house, { ...choice, dryRun: true }, own.memory)
  assert.deepEqual(await tracesIn(own.house), traces)
  assert.deepEqual([dry.changed, dry.amounts.get('THB')], [0, -277_777_778n], 'a true-up that was still due')
  assert.deepEqual(await rerate(own.house, { ...choice, dryRun: false }, own.memory), dry)

  await setBook(own.house, `prices:\n${monthly('2', '5000').replace(' }', ' }, project: physics')}\n`)
  const then = await rerate(own.house, { ...choice, dryRun: true }, own.memory)
  assert.deepEqual(await rerate(own.house, { ...choice, dryRun: false }, own.memory), then)
  assert.deepEqual([then.changed, then.amounts.get('THB')], [3, 3_500_000_000n])
  assert.deepEqual(await netOfCharges(own.house), ['physics lab 2026-11 THB 9.222222222'])
  await assertBooksAgree(own.house)
})

test('a policy that decided a charge made anew never changes', async (t) => {
  const own = await newSite()
  t.after(() => own.drop())
  const policy = (words: string) =>
    setBook(own.house, `policies:\n  - { service: slurm, from: 2020-01-01, ${words} }\n`)
  const november = on('2026-11-30')
  await charge(own, [fact({ startsAt: november, endsAt: november + 2 * 86_400_000 })])
  await policy('crossing: split')
  await policy('endStates: { TIMEOUT: charge }')
  await policy('crossing: split')
  const choice = { principal: 'tester', project: null, from: null, to: null, reason: 'a test', dryRun: false }
  assert.equal((await rerate(own.house, { ...choice, dryRun: true }, own.memory)).changed, 1)
  await policy('endStates: { TIMEOUT: charge }')
  await policy('crossing: split')
  assert.equal((await rerate(own.house, choice, own.memory)).changed, 1)
  await assert.rejects(policy('endStates: { TIMEOUT: charge }'), /never changes/)
  await assertBooksAgree(own.house)
})
