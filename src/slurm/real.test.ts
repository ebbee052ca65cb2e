import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { fixture, jobLabelled, readSlurm, runsOf } from '../../test/slurm.ts'

const text = await readSlurm(fixture('real/sacct/all-fields-duplicates.psv'))
const json = await readSlurm(fixture('real/sacct/all.json'))
const only = (label: string) => {
  const runs = runsOf(text.facts, label)
  assert.equal(runs.length, 1, label)
  return runs[0] as (typeof runs)[number]
}

test('every row of the real dump is read, the ones that names have broken too', () => {
  assert.deepEqual(text.bad, [])
  assert.equal(text.facts.length, 57)
  assert.equal(text.pending, 1)
  assert.equal(text.strayed, 0)
})

test('text and JSON of one dump tell the same of every job, but for what a format does not know', () => {
  const byId = new Map(json.facts.map((fact) => [fact.externalId, fact]))
  assert.deepEqual([...byId.keys()].sort(), text.facts.map((fact) => fact.externalId).sort())
  for (const fact of text.facts) {
    // It ran on for two seconds between the two calls.
    if (fact.externalId.startsWith(`lab/${jobLabelled('stay-running')}/`)) continue
    const { raw: _, quantities, dimensions, ...rest } = fact
    const other = byId.get(fact.externalId)
    assert(other)
    const { raw: __, quantities: otherQuantities, dimensions: otherDimensions, ...otherRest } = other
    assert.deepEqual(otherRest, rest)
    assert.equal(JSON.stringify(otherQuantities), JSON.stringify(quantities))
    // v0.0.38 has lost the code of every job that did not complete and was not ended by a signal.
    const isLost = fact.dimensions['state'] !== 'COMPLETED' && dimensions['exit_code']?.endsWith(':0') === true
    const { exit_code, ...shared } = dimensions
    assert.deepEqual(otherDimensions, isLost ? shared : { ...shared, exit_code })
  }
})

test('another delimiter, slurmrestd and a dump without steps tell the same', async () => {
  const same = await readSlurm(fixture('real/sacct/all-fields-unit-separator.txt'))
  const withoutRaw = (facts: typeof text.facts) => facts.filter(({ final }) => final).map(({ raw: _, ...rest }) => rest)
  assert.deepEqual(withoutRaw(same.facts), withoutRaw(text.facts))
  const ids = text.facts.map((fact) => fact.externalId).sort()
  for (const name of ['real/rest/slurmdb-jobs-no-steps.json', 'real/sacct/billing.psv']) {
    const fewer = await readSlurm(fixture(name))
    assert.deepEqual(fewer.facts.map((fact) => fact.externalId).sort(), ids)
    for (const fact of fewer.facts.filter(({ final }) => final)) {
      const full = text.facts.find(({ externalId }) => externalId === fact.externalId)
      for (const [meter, quantity] of Object.entries(fact.quantities)) assert.equal(full?.quantities[meter], quantity)
    }
  }
})

test('a requeued job is two runs with one id and two times of submission, and both used something', () => {
  const runs = runsOf(text.facts, 'requeued')
  assert.deepEqual(
    runs.map(({ dimensions, quantities }) => [dimensions['state'], quantities['elapsed_seconds']]),
    [
      ['REQUEUED', '4'],
      ['COMPLETED', '2'],
    ],
  )
  assert(runs.every(({ final }) => final))
  assert.equal(new Set(runs.map(({ externalId }) => externalId)).size, 2)
})

test('preempted and failed runs that came back are records of their own', () => {
  const states = (label: string) => runsOf(text.facts, label).map(({ dimensions }) => dimensions['state'])
  assert.deepEqual(states('preempted-requeued'), ['PREEMPTED', 'COMPLETED'])
  assert.deepEqual(states('node-fail-requeued'), ['NODE_FAIL', 'COMPLETED'])
  assert.deepEqual(states('preempted'), ['PREEMPTED'])
})

test('a resized job is charged once for the time that both of its rows cover', () => {
  const [before, after] = runsOf(text.facts, 'resized')
  assert(before && after)
  assert.equal(before.endsAt, after.startsAt)
  assert.equal(before.quantities['cpu_core_seconds'], String(2 * 4))
  assert.equal(after.quantities['elapsed_seconds'], '14')
  assert.equal(after.quantities['cpu_core_seconds'], String(14 * 2))
})

test('suspended time belongs to the interval and not to the quantities', () => {
  const job = only('suspended')
  assert.equal(job.endsAt - job.startsAt, 13_000)
  assert.equal(job.quantities['elapsed_seconds'], '9')
})

test('GPUs listed by type and plainly are counted once, by either name', () => {
  const { quantities } = only('gpu-two-nodes')
  assert.equal(quantities['gpu_seconds'], '4')
  assert.equal(quantities['gpu_a100_seconds'], '2')
  assert.equal(quantities['gpu_h100_seconds'], '2')
})

test('array tasks and het components are jobs of their own that know where they belong', () => {
  const tasks = text.facts.filter(({ dimensions }) => dimensions['array_job'] === jobLabelled('array'))
  assert.equal(tasks.length, 5)
  // The last task has the number of the whole array.
  assert.deepEqual(
    tasks.map(({ externalId, dimensions }) => `${externalId.split('/')[1]} ${dimensions['job_id']}`),
    ['45 13_0', '46 13_1', '47 13_2', '48 13_3', '13 13_4'],
  )
  const components = text.facts.filter(({ dimensions }) => dimensions['het_job'] === jobLabelled('het'))
  assert.deepEqual(
    components.map(({ quantities, dimensions }) => [
      dimensions['job_id'],
      quantities['cpu_core_seconds'],
      quantities['gpu_seconds'],
    ]),
    [
      ['25+0', '3', undefined],
      ['25+1', '6', '3'],
    ],
  )
})

test('a job that never ran used nothing, and keeps how it ended', () => {
  const job = only('deadline')
  assert.equal(job.startsAt, job.endsAt)
  assert.deepEqual(new Set(Object.values(job.quantities)), new Set(['0']))
  assert.equal(job.dimensions['state'], 'DEADLINE')
  assert.equal(job.dimensions['nodes'], undefined)
})

test('a running job is not final, and a waiting one is no usage', () => {
  const job = only('stay-running')
  assert.equal(job.final, false)
  assert.equal(job.endsAt - job.startsAt, 107_000)
  assert.deepEqual(runsOf(text.facts, 'stay-closed'), [])
})

test('who cancelled a job is personal and stays in the raw row', () => {
  const job = only('cancelled')
  assert.equal(job.dimensions['state'], 'CANCELLED')
  assert.match(job.raw, /CANCELLED by 1001/)
  const dimensions = JSON.stringify(text.facts.map((fact) => fact.dimensions))
  assert.doesNotMatch(dimensions, /alice|carol|odd-pipe/)
})

test('what is allocated counts, not what was asked for', () => {
  assert.equal(only('exclusive').quantities['cpu_core_seconds'], String(16 * 2))
  assert.equal(only('mem-all').quantities['memory_byte_seconds'], String(250 * 2 ** 30 * 2))
  assert.equal(only('mem-odd').quantities['memory_byte_seconds'], String(1537 * 2 ** 20 * 2))
  assert.equal(only('licence').quantities['licence_matlab_seconds'], '6')
})

test('steps are folded into what was used', () => {
  const { quantities } = only('steps')
  assert.equal(quantities['cpu_used_seconds'], '0.099')
  assert.equal(only('busy').quantities['memory_used_byte_seconds'], String((4884 + 1676) * 1024 * 5))
  assert.equal(only('two-nodes').quantities['memory_used_byte_seconds'], String((3208 + 2 * 1690) * 1024 * 2))
})

test('nodes, exit code, limit and wait are dimensions', () => {
  const { dimensions } = only('two-nodes')
  assert.equal(dimensions['nodes'], 'c2,c3')
  assert.equal(dimensions['wait_seconds'], '1')
  assert.equal(dimensions['limit_seconds'], '1800')
  assert.equal(only('failed').dimensions['exit_code'], '42:0')
  assert.equal(only('signalled').dimensions['exit_code'], '0:11')
  assert.equal(only('qos-high').dimensions['qos'], 'high')
})

test('quantities and dimensions stand in alphabetical order', () => {
  for (const { quantities, dimensions } of [...text.facts, ...json.facts])
    for (const keys of [Object.keys(quantities), Object.keys(dimensions)]) assert.deepEqual(keys, [...keys].sort())
})

test('pipes and newlines in names are kept in the raw row and shift no column', () => {
  for (const label of [
    'odd-pipe',
    'odd-newline',
    'odd-unicode',
    'odd-sql',
    'odd-csv',
    'odd-spaces',
    'odd-latin1',
    'commented',
  ]) {
    const job = only(label)
    assert.equal(job.dimensions['partition'], 'cpu', label)
    assert.equal(job.quantities['elapsed_seconds'], label === 'commented' ? '5' : '2', label)
  }
  assert(only('odd-newline').raw.split('\n').length > 4)
})
