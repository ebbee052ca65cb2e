import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { rows } from '../database/reader.ts'
import { alone } from '../operations/alone.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { inPieces, makeRecordsPartition, recordFacts } from './commands.ts'
import type { Fact } from './fact.ts'

let fresh: FreshHouse
before(async () => {
  fresh = await freshHouse()
  await operation(async (writer) => {
    await makeRecordsPartition(writer, '2026-11-01', '2026-12-01')
    await makeRecordsPartition(writer, '2026-12-01', '2027-01-01')
    return null
  })
})
after(() => fresh.drop())

const operation = <Result>(work: Parameters<typeof alone<Result>>[2]) =>
  alone(fresh.house, { principal: 'tester', key: randomUUID(), command: 'test.record', input: null }, work)

const [project, person, provider] = [randomUUID(), randomUUID(), randomUUID()]
const start = Date.UTC(2026, 10, 10)

const usage = (externalId: string, more: Partial<Fact> = {}): Fact => ({
  source: 'slurm:lab',
  externalId,
  service: 'slurm',
  subtype: 'cpu',
  projectName: 'physics',
  personName: 'alice',
  providerName: 'lab',
  startsAt: start,
  endsAt: start + 3_600_000,
  measuredAt: start + 7_200_000,
  final: true,
  quantities: { cpu_core_seconds: '3600' },
  dimensions: { state: 'COMPLETED' },
  raw: 'raw',
  ...more,
})

const record = async (facts: readonly Fact[]) => {
  let counts = { first: 0, newer: 0, seen: 0 }
  await operation(async (writer) => {
    const known = facts.map((fact) => ({ fact, project, person, provider }))
    const page = await recordFacts(writer, [...inPieces(known)].flat(), 'UTC')
    counts = { first: page.first.length, newer: page.newer.length, seen: page.seen }
    return null
  })
  return counts
}

type Standing = { quantities: object; dimensions: object; final: boolean; ends_at: Date; period: string }
const standing = async (externalId: string, source = 'slurm:lab') =>
  (
    await rows<Standing>(
      fresh.database.pool,
      `select quantities, dimensions, final, ends_at, period::text from metering.standing
        where source = $1 and external_id = $2`,
      [source, externalId],
    )
  )[0]

let serial = 0
const newName = () => `lab/${(serial += 1)}/1`

test('the same versions in any order, in any pages, with repeats, leave the same one standing', async () => {
  // One source of each kind of difference: still running, measured later, other numbers, another month.
  const version = fc.record({
    final: fc.boolean(),
    measuredAt: fc.constantFrom(1, 2, 3, 4).map((day) => start + day * 86_400_000),
    cpu: fc.constantFrom('1', '2'),
    state: fc.constantFrom('COMPLETED', 'COMPLETED', 'CANCELLED'),
    endsAt: fc.constantFrom(start + 3_600_000, start + 3_600_000, start + 3_600_000, start + 25 * 86_400_000),
    // What not every format tells.
    used: fc.constantFrom(undefined, '5', '6'),
    code: fc.constantFrom(undefined, '0:0', '0:15'),
  })
  const arrivals = fc
    .array(version, { minLength: 1, maxLength: 5 })
    .chain((versions) =>
      fc.tuple(
        fc.constant(versions),
        fc.shuffledSubarray([...versions, ...versions, ...versions], { minLength: versions.length * 3 }),
        fc.integer({ min: 1, max: 4 }),
      ),
    )
  await fc.assert(
    fc.asyncProperty(arrivals, async ([versions, shuffled, pageSize]) => {
      const [inOrder, inAnyOrder] = [newName(), newName()]
      const asFact =
        (name: string) =>
        ({ cpu, used, state, code, ...rest }: (typeof versions)[number]) =>
          usage(name, {
            ...rest,
            quantities: { cpu_core_seconds: cpu, ...(used !== undefined && { cpu_used_seconds: used }) },
            dimensions: { ...(code !== undefined && { exit_code: code }), state },
          })
      for (const each of versions) await record([asFact(inOrder)(each)])
      for (let at = 0; at < shuffled.length; at += pageSize) {
        await record(shuffled.slice(at, at + pageSize).map(asFact(inAnyOrder)))
      }
      assert.deepEqual(await standing(inAnyOrder), await standing(inOrder))
    }),
    { numRuns: 60 },
  )
})

test('a format that knows less changes nothing; one that knows more stands, whichever comes first', async () => {
  const poor = {
    measuredAt: start + 9_000_000,
    quantities: { cpu_core_seconds: '3600' },
    dimensions: { state: 'FAILED' },
  }
  const rich = {
    measuredAt: start + 8_000_000,
    quantities: { cpu_core_seconds: '3600', memory_used_byte_seconds: '5' },
    dimensions: { exit_code: '42:0', state: 'FAILED' },
  }
  for (const order of [
    [poor, rich],
    [rich, poor],
  ]) {
    const name = newName()
    for (const each of order) await record([usage(name, each)])
    assert.deepEqual((await standing(name))?.quantities, rich.quantities)
    assert.deepEqual((await standing(name))?.dimensions, rich.dimensions)
    assert.deepEqual(await record([usage(name, poor), usage(name, rich)]), { first: 0, newer: 0, seen: 2 })
  }
})

test('three versions of which each tells something that another does not: the same stands in every order', async () => {
  const at = (day: number) => ({ measuredAt: start + day * 86_400_000 })
  const used = { cpu_core_seconds: '3600', cpu_used_seconds: '5' }
  const plain = { cpu_core_seconds: '3600' }
  const sets: readonly (readonly Partial<Fact>[])[] = [
    [
      { ...at(2), quantities: used, dimensions: { exit_code: '0:0', state: 'TIMEOUT' } },
      { ...at(3), quantities: plain, dimensions: { exit_code: '0:15', state: 'TIMEOUT' } },
      { ...at(1), quantities: used, dimensions: { state: 'TIMEOUT' } },
    ],
    [
      { ...at(1), quantities: used },
      { ...at(3), quantities: plain },
      { ...at(2), quantities: { ...used, cpu_used_seconds: '6' } },
    ],
    [
      { ...at(1), quantities: used },
      { ...at(2), quantities: { cpu_core_seconds: '7200' } },
      { ...at(3), quantities: plain },
    ],
  ]
  for (const versions of sets) {
    const found: unknown[] = []
    for (const [one, two, three] of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ] as const) {
      const name = newName()
      for (const each of [one, two, three, one]) await record([usage(name, versions[each])])
      found.push(await standing(name))
      const together = newName()
      await record([one, two, three].map((each) => usage(together, versions[each] as Partial<Fact>)))
      found.push(await standing(together))
    }
    for (const each of found) assert.deepEqual(each, found[0])
  }
})

test('what has ended stands over what still ran, even when that was measured later', async () => {
  const name = newName()
  const later = start + 99_000_000
  assert.deepEqual(await record([usage(name)]), { first: 1, newer: 0, seen: 0 })
  assert.deepEqual(
    await record([usage(name, { final: false, measuredAt: later, quantities: { cpu_core_seconds: '9' } })]),
    { first: 0, newer: 0, seen: 1 },
  )
  assert.equal((await standing(name))?.final, true)
})

test('two clusters use the same ids, and a cluster uses an id again', async () => {
  const counts = await record([
    usage('lab/1/100'),
    usage('lab/1/900', { quantities: { cpu_core_seconds: '2' } }),
    usage('lab/1/100', { source: 'slurm:cloud', quantities: { cpu_core_seconds: '3' } }),
  ])
  assert.deepEqual(counts, { first: 3, newer: 0, seen: 0 })
  assert.deepEqual((await standing('lab/1/100'))?.quantities, { cpu_core_seconds: '3600' })
  assert.deepEqual((await standing('lab/1/900'))?.quantities, { cpu_core_seconds: '2' })
  assert.deepEqual((await standing('lab/1/100', 'slurm:cloud'))?.quantities, { cpu_core_seconds: '3' })
})

test('a record is never changed: versions are numbered, and all are kept', async () => {
  const name = newName()
  const at = (hours: number) => start + hours * 3_600_000
  for (const hours of [3, 4, 2, 5]) {
    await record([usage(name, { measuredAt: at(hours), quantities: { cpu_core_seconds: String(hours) } })])
  }
  const versions = await rows<{ version: number; quantities: object }>(
    fresh.database.pool,
    `select version, quantities from metering.versions where external_id = $1 order by id`,
    [name],
  )
  assert.deepEqual(versions, [
    { version: 1, quantities: { cpu_core_seconds: '3' } },
    { version: 2, quantities: { cpu_core_seconds: '4' } },
    { version: 3, quantities: { cpu_core_seconds: '5' } },
  ])
})

test('pages at once that tell overlapping things in other orders write each of them once', async () => {
  const names = Array.from({ length: 60 }, newName)
  const pages = Array.from({ length: 8 }, (_, index) => {
    const part = names.slice(index * 5, index * 5 + 25).map((name) => usage(name))
    return index % 2 ? part : part.reverse()
  })
  const results = await Promise.all(pages.map(record))
  assert.equal(
    results.reduce((sum, { first }) => sum + first, 0),
    new Set(pages.flat().map((fact) => fact.externalId)).size,
  )
})
