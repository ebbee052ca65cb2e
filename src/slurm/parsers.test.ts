import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixture, readSlurm } from '../../test/slurm.ts'
import { remembered } from './cache.ts'
import { Clock } from './clock.ts'
import { durationText, parseDuration, parseLimit, parseMinutes, secondsText, shown } from './duration.ts'
import { amountText, parseMemory, parseRequestedMemory, plus, times } from './memory.ts'
import { expandNodes, nodesMax } from './nodes.ts'
import { stateOf, stateOfList } from './state.ts'
import { parseTres } from './tres.ts'

test('a duration survives being written as Slurm writes it, to the millisecond below an hour', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 * 86_400_000 }), (milliseconds) => {
      assert.equal(parseDuration(durationText(milliseconds)), shown(milliseconds))
    }),
  )
})

test('every form of a duration is read, and nothing else', () => {
  assert.equal(parseDuration('00:01.842'), 1842)
  assert.equal(parseDuration('12:34'), 754_000)
  assert.equal(parseDuration('3-04:06:00'), (3 * 86_400 + 4 * 3600 + 360) * 1000)
  assert.equal(parseDuration('1-00:00'), 86_400_000)
  assert.equal(parseDuration('100:00:00'), 360_000_000)
  for (const text of ['', 'INVALID', 'UNLIMITED', '12', ':30', '1:2:3:4', '00:00:01x', '-1:00', '1-', '00:01.'])
    assert.equal(parseDuration(text), undefined, text)
  assert.equal(secondsText(4410), '4.41')
  assert.equal(secondsText(60_000), '60')
})

test('limits are seconds, and no limit is none', () => {
  assert.equal(parseLimit('3-04:06:00'), 4566 * 60)
  assert.equal(parseMinutes('4566'), 4566 * 60)
  for (const text of ['UNLIMITED', 'Partition_Limit', ''])
    assert.equal(parseLimit(text) ?? parseMinutes(text), undefined)
})

test('memory is exact, whatever its suffix and fraction', () => {
  const powers = { K: 1n, M: 2n, G: 3n, T: 4n, P: 5n }
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      fc.nat(99),
      fc.constantFrom('K', 'M', 'G', 'T', 'P'),
      (whole, hundredths, suffix) => {
        const amount = parseMemory(`${whole}.${String(hundredths).padStart(2, '0')}${suffix}`)
        assert(amount)
        const expected = (BigInt(whole) * 100n + BigInt(hundredths)) * 1024n ** powers[suffix as 'K']
        assert.equal(BigInt(amount.whole) * 10n ** BigInt(2 - amount.places), expected)
      },
    ),
  )
  assert.equal(amountText(parseMemory('187.50G') ?? assert.fail()), String(192_000 * 2 ** 20))
  assert.equal(amountText(parseMemory('1.33G') ?? assert.fail()), '1428076625.92')
  assert.equal(parseMemory('0')?.whole, 0)
  assert.equal(parseMemory('16?'), undefined)
})

test('products and sums beyond 2^53 stay exact', () => {
  assert.equal(String(times(Number.MAX_SAFE_INTEGER, 1000)), '9007199254740991000')
  assert.equal(amountText(plus({ whole: 2 ** 53 - 1, places: 0 }, { whole: 25, places: 1 })), '9007199254740993.5')
})

test('memory that was asked for by CPU or by node is multiplied, and later totals are not', () => {
  assert.equal(parseRequestedMemory('4000Mc', 8, 2)?.whole, 32_000 * 2 ** 20)
  assert.equal(parseRequestedMemory('4Gn', 8, 2)?.whole, 8 * 2 ** 30)
  assert.equal(parseRequestedMemory('16G', 8, 2)?.whole, 16 * 2 ** 30)
})

test('node lists are expanded with their leading zeros', () => {
  assert.equal(expandNodes('c[1-2,07-09],g1'), 'c1,c2,c07,c08,c09,g1')
  assert.equal(expandNodes('r[1-2]n[3-4]'), 'r1n3,r1n4,r2n3,r2n4')
  assert.equal(expandNodes('None assigned'), undefined)
  assert.equal(expandNodes(''), undefined)
})

test('a node list that is broken or far too long stays as it is', () => {
  for (const text of ['c[1-2', 'c[2-1]', 'c[a-b]', 'c[1-999999999]', `c[1-${nodesMax + 1}]`, 'a[1-99]b[1-99]c[1-99]'])
    assert.equal(expandNodes(text), text)
})

test('expanding gives back the names that a range was made of', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 6 }), (first, more, width) => {
      const names = Array.from({ length: more + 1 }, (_, index) => `n${String(first + index).padStart(width, '0')}`)
      const text = `n[${names[0]?.slice(1)}-${names.at(-1)?.slice(1)}]`
      assert.equal(expandNodes(text), names.join(','))
    }),
  )
})

test('the same moments come out of local text in any zone and of epoch seconds', () => {
  const rows = (name: string) => fixture(`real/sacct/${name}`).toString().trim().split('\n').slice(1)
  const newYork = new Clock('America/New_York')
  const utc = new Clock('UTC')
  const epochs = rows('times-epoch.psv').map((row) =>
    row
      .split('|')
      .slice(2, 6)
      .map((value) => utc.read(value)),
  )
  const local = rows('times-new-york.psv').map((row) =>
    row
      .split('|')
      .slice(2, 6)
      .map((value) => newYork.read(value)),
  )
  assert(epochs.length > 50)
  assert.deepEqual(local, epochs)
})

test('a time may name its own offset', () => {
  const clock = new Clock('Asia/Bangkok')
  const expected = Date.UTC(2026, 10, 21, 6, 38, 28)
  for (const text of [
    '2026-11-21T08:38:28+02:00',
    '2026-11-21T06:38:28Z',
    '2026-11-21 03:08:28-0330',
    '2026-11-21T13:38:28',
  ])
    assert.equal(clock.read(text), expected, text)
  for (const text of ['Unknown', 'None', '', '0']) assert.equal(clock.read(text), undefined, text)
  for (const text of [
    'yesterday',
    '2026-13-01T00:00:00',
    '2026-11-21T08:38',
    '2026-11-21T25:00:00',
    '2026-02-30T08:00:00',
    '2026-11-21T08:38:2x',
  ])
    assert(Number.isNaN(clock.read(text)), text)
})

test('a half-hour change of the clock is seen at its half hour', () => {
  const clock = new Clock('Australia/Lord_Howe')
  assert.equal(clock.candidates('2026-04-05T01:45:00').length, 2)
  assert.equal(clock.candidates('2026-04-05T01:15:00').length, 1)
})

test('states are known by their whole name, by their cut name, and without who cancelled', () => {
  assert.equal(stateOf('CANCELLED by 1001'), 'CANCELLED')
  assert.equal(stateOf('OUT_OF_ME+'), 'OUT_OF_MEMORY')
  assert.equal(stateOf('CAN+'), 'CANCELLED')
  assert.equal(stateOf('RE+'), undefined)
  assert.equal(stateOf('odd'), undefined)
  assert.equal(stateOfList(['RUNNING', 'COMPLETING']), 'RUNNING')
  assert.equal(stateOfList(['PENDING', 'REQUEUED']), 'REQUEUED')
})

test('typed GPUs are summed only where nobody counts them plainly', () => {
  const held = (text: string) => {
    const allocation = parseTres(text)
    assert(typeof allocation !== 'string', text)
    return Object.fromEntries(allocation.held.map(({ meter, amount }) => [meter, amount.whole]))
  }
  assert.deepEqual(held('gres/gpu:a100=2,gres/gpu:h100=1'), {
    gpu_a100_seconds: 2,
    gpu_h100_seconds: 1,
    gpu_seconds: 3,
  })
  assert.deepEqual(held('gres/gpu:A100-SXM4.40=2,gres/gpu=2'), { gpu_a100_sxm4_40_seconds: 2, gpu_seconds: 2 })
  assert.equal(parseTres('cpu=four'), 'cannot be read')
  assert.equal(parseTres('nonsense'), 'cannot be read')
  assert.deepEqual(held('mem=0'), { memory_byte_seconds: 0 })
})

test('a list that names one thing twice is not added up', () => {
  assert.equal(parseTres('cpu=4,mem=1G,cpu=4'), 'names cpu twice')
  assert.equal(parseTres('gres/gpu:a100=2,gres/gpu=2,gres/gpu:a100=2'), 'names gres/gpu:a100 twice')
  assert.ok(typeof parseTres('gres/gpu:a100=2,gres/gpu:A100=2') !== 'string', 'two names of one meter are two things')
})

test('a remembered parser never remembers more than its bound', () => {
  let calls = 0
  const parse = remembered((text: string) => {
    calls++
    return text.length
  }, 10)
  for (let round = 0; round < 2; round++) for (let number = 0; number < 100; number++) parse(`text ${number}`)
  assert.equal(calls, 200)
  parse('text 99')
  assert.equal(calls, 200)
})

test('what a job asked for counts as it was shortened, where a dump does not say what it was given', async () => {
  const row = '1|lab|a|u|COMPLETED|1000|1000|1060|60|cpu=1.17K,mem=1G,node=1'
  const { facts } = await readSlurm(`JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|ReqTRES\n${row}\n`)
  assert.equal(facts[0]?.quantities['cpu_core_seconds'], '71884.8')
  const named = await readSlurm(
    `JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|ReqTRES|AllocCPUS\n${row}|1200\n`,
  )
  assert.equal(named.facts[0]?.quantities['cpu_core_seconds'], '72000')
})
