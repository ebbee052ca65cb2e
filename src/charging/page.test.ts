import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { rows } from '../database/reader.ts'
import { trying } from '../operations/trial.ts'
import { newMemory } from './memory-commands.ts'
import {
  assertBooksAgree,
  charge,
  chargedNet,
  fact,
  naiveNet,
  netOfCharges,
  newSite,
  on,
  setBook,
  type Site,
  tracesIn,
  usualPrices,
} from './testing.ts'

let site: Site
before(async () => {
  site = await newSite()
})
after(() => site.drop())

const statesOf = async (externalId: string) =>
  (
    await rows<{ state: string }>(
      site.database.pool,
      `select s.state from charging.states s join metering.records r on r.id = s.record
        where r.external_id = $1 order by s.id`,
      [externalId],
    )
  ).map(({ state }) => state)

const amountOf = async (externalId: string) =>
  (
    await rows<{ amount: string }>(
      site.database.pool,
      `select trim_scale(coalesce(sum(c.amount), 0)) as amount from charging.charges c
         join metering.records r on r.id = c.record where r.external_id = $1 and c.kind <> 'memo'`,
      [externalId],
    )
  )[0]?.amount

test('a page is charged once, however often it comes', async () => {
  const page = [fact(), fact({ projectName: 'astro', quantities: { cpu_core_seconds: '1', gpu_seconds: '7201' } })]
  const first = await charge(site, page)
  assert.deepEqual(
    { recorded: first.recorded, charged: first.charged, amount: first.amounts.get('THB') },
    { recorded: 2, charged: 2, amount: 2_000_000_000n + 277_778n + 20_002_777_778n },
  )
  const traces = await tracesIn(site.house)
  for (let time = 0; time < 3; time++) {
    const again = await charge(site, page)
    assert.deepEqual([again.recorded, again.duplicates, again.charged, again.amounts.size], [0, 2, 0, 0])
  }
  assert.deepEqual(await tracesIn(site.house), traces, 'a page that says nothing new writes nothing at all')
  await assertBooksAgree(site.house)
  assert.deepEqual(await chargedNet(site.house), await naiveNet(site.house))
})

test('one thing told twice in one page is charged once, by the version that wins', async () => {
  const running = fact({ final: false, projectName: 'twice' })
  const ended = { ...running, final: true, measuredAt: running.measuredAt - 1 }
  const result = await charge(site, [ended, running, ended])
  assert.deepEqual([result.recorded, result.duplicates, result.charged], [1, 2, 1])
  assert.deepEqual(await chargedNet(site.house), await naiveNet(site.house))
})

test('a job that runs accrues, and is charged once when it has ended', async () => {
  const running = fact({ final: false, endsAt: on('2026-11-10T00:30:00') })
  assert.deepEqual([(await charge(site, [running])).charged], [0])
  assert.deepEqual(await statesOf(running.externalId), ['accruing'])
  const later = fact({ ...running, endsAt: on('2026-11-10T00:45:00'), measuredAt: running.measuredAt + 1 })
  assert.deepEqual([(await charge(site, [later])).corrected], [1])
  assert.equal(await amountOf(running.externalId), '0')
  const ended = fact({ ...running, final: true, endsAt: on('2026-11-10T01:00:00'), measuredAt: running.measuredAt - 5 })
  const result = await charge(site, [{ ...ended, quantities: { cpu_core_seconds: '7200' } }])
  assert.deepEqual([result.corrected, result.charged], [1, 1])
  assert.equal(await amountOf(running.externalId), '2')
  assert.equal((await charge(site, [later, running])).corrected, 0)
  assert.equal(await amountOf(running.externalId), '2')
  await assertBooksAgree(site.house)
})

test('what the site broke is free, with its reason; what the user broke is not', async () => {
  const ended = (state: string) => fact({ state, projectName: 'states' })
  const free = ['NODE_FAIL', 'PREEMPTED', 'BOOT_FAIL'].map(ended)
  const charged = ['COMPLETED', 'FAILED', 'TIMEOUT', 'OUT_OF_MEMORY', 'CANCELLED', 'DEADLINE', 'REQUEUED'].map(ended)
  const result = await charge(site, [...free, ...charged])
  assert.deepEqual([result.recorded, result.charged, result.unpriced], [10, 7, 0])
  for (const { externalId } of free) {
    assert.deepEqual(await statesOf(externalId), ['free'])
    assert.equal(await amountOf(externalId), '0')
  }
  for (const { externalId } of charged) assert.equal(await amountOf(externalId), '2')
})

test('usage from before charging began is recorded and rated, never charged', async () => {
  const old = fact({ projectName: 'earlier', startsAt: on('2026-10-30') })
  const edge = fact({ projectName: 'earlier', startsAt: on('2026-10-31T23:00:00') })
  const chargeFrom = on('2026-11-01')
  const result = await charge(site, [old, edge], { chargeFrom })
  assert.deepEqual([result.recorded, result.charged], [2, 1], 'what ends as charging begins is charged')
  assert.deepEqual(await statesOf(old.externalId), ['uncharged'])
  const memos = await rows<{ amount: string; transfer: string | null }>(
    site.database.pool,
    `select trim_scale(c.amount) as amount, c.transfer from charging.charges c join metering.records r on r.id = c.record
      where r.external_id = $1 and c.kind = 'memo'`,
    [old.externalId],
  )
  assert.deepEqual(memos, [{ amount: '2', transfer: null }])
  const corrected = { ...old, measuredAt: old.measuredAt + 1, quantities: { cpu_core_seconds: '3600' } }
  await charge(site, [corrected])
  assert.equal(await amountOf(old.externalId), '0', 'a correction of it is not charged either')
  assert.deepEqual(
    (await netOfCharges(site.house)).filter((line) => line.startsWith('earlier')),
    ['earlier lab 2026-11 THB 2'],
  )
  await assertBooksAgree(site.house)
})

test('a dry run says what would happen and leaves no trace', async () => {
  const traces = await tracesIn(site.house)
  // A month, a project, a person and a cluster that nobody has met.
  const unmet = fact({ startsAt: on('2031-03-05'), projectName: 'new', personName: 'nobody', providerName: 'far' })
  const known = fact()
  const result = await trying(site.house, (house) => charge({ house, memory: newMemory(house.zone) }, [unmet, known]))
  assert.deepEqual([result.recorded, result.charged, result.amounts.get('THB')], [2, 2, 4_000_000_000n])
  assert.deepEqual(await tracesIn(site.house), traces)
  const real = await charge(site, [unmet, known])
  assert.deepEqual([real.recorded, real.charged, real.amounts.get('THB')], [2, 2, 4_000_000_000n])
})

test('usage that crosses a month belongs where it ends, or to both by the policy of its price', async () => {
  const crossing = fact({
    projectName: 'crossing',
    startsAt: on('2026-12-31T22:00:00'),
    endsAt: on('2027-01-01T01:00:00'),
  })
  await charge(site, [crossing])
  const netOf = async (project: string) => (await netOfCharges(site.house)).filter((line) => line.startsWith(project))
  assert.deepEqual(await netOf('crossing'), ['crossing lab 2027-01 THB 6'])
  await setBook(site.house, `policies:\n  - { service: slurm, from: 2027-02-01, otherwise: charge, crossing: split }\n`)
  const split = fact({
    projectName: 'halves',
    startsAt: on('2027-02-28T22:00:00'),
    endsAt: on('2027-03-01T01:00:00'),
    quantities: { cpu_core_seconds: '10000', memory_byte_seconds: '7' },
  })
  await charge(site, [split])
  const parts = await netOf('halves')
  assert.equal(parts.length, 2)
  assert.deepEqual(
    parts.map((part) => part.split(' ')[2]),
    ['2027-02', '2027-03'],
  )
  const paid = parts.map((part) =>
    BigInt(
      String(part.split(' ')[4])
        .split('.')
        .map((digits, at) => (at ? digits.padEnd(9, '0') : digits))
        .join(''),
    ),
  )
  assert.equal(paid[0]! + paid[1]!, 2_777_777_778n, 'the parts are the whole, rounded once')
  await assertBooksAgree(site.house)
})

test('the prices in force are those of the end of the usage, also when they change in between', async () => {
  await setBook(site.house, 'policies:\n  - { service: slurm, from: 2027-06-01, otherwise: charge, crossing: end }\n')
  await setBook(site.house, usualPrices.replaceAll('2020-01-01', '2028-01-01').replace('price: 1,', 'price: 3,'))
  const before = fact({ projectName: 'change', startsAt: on('2027-12-31T22:00:00') })
  const edge = fact({ projectName: 'change', startsAt: on('2027-12-31T23:00:00') })
  await charge(site, [before, edge])
  assert.deepEqual([await amountOf(before.externalId), await amountOf(edge.externalId)], ['2', '6'])
})

test('a policy that decided a charge never changes', async (t) => {
  const own = await newSite()
  t.after(() => own.drop())
  const policy = (states: string) => `policies:\n  - { service: slurm, from: 2020-01-01, endStates: { ${states} } }\n`
  await setBook(own.house, policy('TIMEOUT: charge'))
  await charge(own, [fact()])
  await assert.rejects(setBook(own.house, policy('COMPLETED: free')), /never changes/)
})

test('a thing taken for new that another process told of meanwhile is found, and charged once', async () => {
  await charge(site, [fact()])
  assert.equal(site.memory.recent.takesOthersForNew, true)
  const told = fact()
  const corrected = { ...told, quantities: { cpu_core_seconds: '1' }, measuredAt: told.measuredAt + 1 }
  await charge({ house: site.house, memory: newMemory('Asia/Bangkok') }, [told])
  const result = await charge(site, [told, fact()])
  assert.deepEqual([result.recorded, result.duplicates], [1, 1])
  assert.equal(site.memory.recent.takesOthersForNew, false)
  assert.equal((await charge(site, [corrected])).corrected, 1)
  await assertBooksAgree(site.house)
})
