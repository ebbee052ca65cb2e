import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { fixture, readSlurm } from '../../test/slurm.ts'

const handMade = (name: string) => fixture(`hand-made/${name}`)

for (const version of [39, 40, 41, 42, 43, 44, 45])
  test(`JSON of API v0.0.${version} tells of a job what its text tells`, async () => {
    const [text] = (await readSlurm(handMade('one-job.psv'))).facts
    const [json] = (await readSlurm(handMade(`jobs-v0.0.${version}.json`))).facts
    assert(text && json)
    const { raw: _, dimensions, ...rest } = json
    const { raw: __, dimensions: textDimensions, ...textRest } = text
    assert.deepEqual(rest, textRest)
    const restarts = version >= 42 ? { restarts: '1' } : {}
    assert.deepEqual(dimensions, { ...textDimensions, ...restarts })
  })

test('of a list of states the flag that ended the run counts, and other flags do not', async () => {
  const expediting = await readSlurm(handMade('jobs-v0.0.44.json'))
  assert.deepEqual([expediting.facts[1]?.dimensions['state'], expediting.facts[1]?.final], ['RUNNING', false])
  const requeued = await readSlurm(handMade('jobs-v0.0.45.json'))
  assert.deepEqual([requeued.facts[1]?.dimensions['state'], requeued.facts[1]?.final], ['REQUEUED', true])
})

test('a boot failure is a record with its time, or with none when the job never started', async () => {
  const { facts } = await readSlurm(handMade('boot-fail.psv'))
  assert.deepEqual(
    facts.map(({ dimensions, quantities }) => [dimensions['state'], quantities['cpu_core_seconds']]),
    [
      ['BOOT_FAIL', '2400'],
      ['BOOT_FAIL', '0'],
    ],
  )
})

test('joules are kept, and the values that mean "not measured" are not', async () => {
  const { facts } = await readSlurm(handMade('energy.psv'))
  assert.deepEqual(
    facts.map(({ quantities }) => quantities['energy_joules']),
    ['51234', undefined, undefined, undefined, undefined, '77'],
  )
})

test('in the hour that comes twice the elapsed time tells which one it was', async () => {
  const { facts, bad } = await readSlurm(handMade('dst-autumn.psv'), { zone: 'Europe/Berlin' })
  assert.deepEqual(bad, [])
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16)
  assert.deepEqual(
    facts.map(({ startsAt, endsAt }) => [clock(startsAt), clock(endsAt)]),
    [
      ['00:30', '00:40'],
      ['00:30', '01:40'],
      ['00:50', '01:10'],
      ['01:50', '02:10'],
      ['00:50', '02:10'],
      ['23:00', '03:00'],
    ],
  )
  const submitted = facts.map(({ externalId }) => clock(Number(externalId.split('/')[2]) * 1000))
  assert.deepEqual(submitted, ['23:50', '23:50', '23:50', '01:20', '00:20', '22:10'])
})

test('over the hour that is left out jobs are as long as they were', async () => {
  const { facts, bad } = await readSlurm(handMade('dst-spring.psv'), { zone: 'Europe/Berlin' })
  assert.deepEqual(bad, [])
  assert.deepEqual(
    facts.map(({ startsAt, endsAt }) => endsAt - startsAt),
    [3_600_000, 1000],
  )
})

test('without AllocTRES, CPUs and nodes are what was allocated and memory is what was asked for', async () => {
  const { facts } = await readSlurm(handMade('old-reqmem.psv'))
  const mib = (amount: number) => String(amount * 2 ** 20 * 100)
  assert.deepEqual(
    facts.map(({ quantities }) => quantities['memory_byte_seconds']),
    [mib(32_000), mib(8192), mib(16_384), mib(32_000), '0'],
  )
  assert(facts.every(({ quantities }) => quantities['cpu_core_seconds'] === '800'))
  assert.equal(facts[3]?.quantities['gpu_seconds'], '100')
})

test('an uploaded CSV has its start from end and elapsed, and its people for projects', async () => {
  const { facts, bad } = await readSlurm(handMade('uploaded.csv'), { zone: 'Asia/Bangkok', cluster: 'site' })
  assert.deepEqual(bad, [])
  const [train, other] = facts
  const start = Date.UTC(2026, 9, 31, 16, 30)
  assert.equal(train?.externalId, `site/9001/start:${start / 1000}`)
  assert.equal(train?.startsAt, start)
  assert.equal(train?.projectName, 'somchai.j')
  assert.equal(train?.quantities['gpu_seconds'], '3600')
  assert.equal(train?.quantities['cpu_used_seconds'], '14300')
  // A bare number in these files is KiB.
  assert.equal(train?.quantities['memory_used_byte_seconds'], String(2 ** 30 * 3600))
  assert.equal(other?.quantities['memory_byte_seconds'], String(1.5 * 2 ** 40 * 600))
  assert.match(other?.raw ?? '', /two\nlines/)
})
