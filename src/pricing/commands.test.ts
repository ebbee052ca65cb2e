import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { row } from '../database/reader.ts'
import { alone } from '../operations/alone.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { Refusal } from '../values/refusal.ts'
import { compileBook, resolve } from './book.ts'
import { loadBook, markUsed, previewPrices, scoped, setPrices, shareBook, usedVersions } from './commands.ts'
import type { Wanted } from './plan.ts'
import { readPriceFile } from './price-file.ts'
import { rate } from './rate.ts'
import { somebody, usage, zone } from './testing.ts'

let fresh: FreshHouse
before(async () => {
  fresh = await freshHouse(zone)
})
after(() => fresh.drop())

const call = { principal: 'tester' }
const meters = { names: new Set<string>(), has: () => true }
const organisation = '0189d7e2-9c1b-4f6e-8a55-0c0f1e2d3c4b'

function entriesOf(service: string, price: string, more = ''): Wanted[] {
  const text = `prices:\n  - { service: ${service}, component: cpu, from: 2026-01-01, currency: THB, quantity: cpu_core_seconds, flat: { price: ${price} }${more} }`
  const { entries, mistakes } = readPriceFile(text, zone, meters)
  assert.deepEqual(mistakes, [])
  const { wanted, mistakes: unknown } = scoped(entries, (_, name) => (name === 'Faculty' ? organisation : undefined))
  assert.deepEqual(unknown, [])
  return wanted
}
const operations = async () =>
  Number((await row<{ count: string }>(fresh.database.pool, `select count(*) from operations.operations`))?.count)
const use = (key: string, versions: readonly bigint[]) =>
  alone(fresh.house, { ...call, key, command: 'test.use', input: key }, async (writer) => {
    await shareBook(writer)
    await markUsed(writer, versions)
    return null
  })
const heldOf = async (service: string) =>
  (await loadBook(fresh.database.pool)).versions.filter((version) => version.service === service)

test('prices that were set come back from the database and price usage', async () => {
  const set = await setPrices(fresh.house, call, entriesOf('first', '1.5', ', organisation: Faculty'))
  assert.equal(set?.versions.length, 1)
  const { versions, revision } = await loadBook(fresh.database.pool)
  assert.equal(revision, set?.revision)
  const [version] = versions.filter(({ service }) => service === 'first')
  assert.equal(`prc_${version?.id}`, set?.versions[0])
  assert.equal(version?.book, revision)
  assert.equal(version?.validFrom, Date.parse('2026-01-01T00:00:00+07:00'))
  const prices = resolve(compileBook(versions, zone), { ...somebody, service: 'first', organisation })
  const rating = rate(prices, usage({ cpu_core_seconds: '2' }))
  assert.equal(rating.outcome === 'charged' && rating.lines[0]?.nanos, 3_000_000_000n)
})

test('the same file twice changes nothing and leaves no operation', async () => {
  await setPrices(fresh.house, call, entriesOf('twice', '1'))
  const count = await operations()
  const { revision } = await loadBook(fresh.database.pool)
  assert.equal(await setPrices(fresh.house, call, entriesOf('twice', '1')), undefined)
  assert.equal(await operations(), count)
  assert.equal((await loadBook(fresh.database.pool)).revision, revision)
})

test('there and back again: an unused version is replaced each time', async () => {
  for (const price of ['1', '2', '1']) await setPrices(fresh.house, call, entriesOf('back', price))
  assert.deepEqual(
    (await heldOf('back')).map(({ revision }) => revision),
    [1, 2, 3],
  )
})

test('a preview says what would change, and writes nothing', async () => {
  const { changes } = await previewPrices(fresh.house, entriesOf('preview', '1'))
  assert.deepEqual(
    changes.map(({ what }) => what),
    ['add'],
  )
  assert.equal((await heldOf('preview')).length, 0)
})

test('a used version is not replaced, and nothing else of the file is set either', async () => {
  await setPrices(fresh.house, call, entriesOf('used', '1'))
  const ids = (await heldOf('used')).map(({ id }) => id)
  await use('used', [...ids, ...ids])
  await use('used again', ids)
  assert.ok(ids.every((id) => id !== undefined))
  assert.ok((await usedVersions(fresh.database.pool)).has(ids[0] as bigint))
  const refused = setPrices(fresh.house, call, [...entriesOf('neighbour', '1'), ...entriesOf('used', '2')])
  await assert.rejects(refused, (error) => error instanceof Refusal && /has already priced usage/.test(error.message))
  assert.equal((await heldOf('neighbour')).length, 0)
})

test('the book as it stood is read back by its revision', async () => {
  const first = await setPrices(fresh.house, call, entriesOf('dated', '1'))
  await setPrices(fresh.house, call, entriesOf('dated', '2'))
  const { versions } = await loadBook(fresh.database.pool)
  const then = compileBook(
    versions.filter(({ book }) => book <= (first?.revision ?? 0)),
    zone,
  )
  const rating = rate(resolve(then, { ...somebody, service: 'dated' }), usage({ cpu_core_seconds: '1' }))
  assert.equal(rating.outcome === 'charged' && rating.lines[0]?.nanos, 1_000_000_000n)
})

test('prices wait for a page that is being rated, and then change at once', async () => {
  const order: string[] = []
  let pageEnds = () => {}
  const held = new Promise<void>((resolveHeld) => (pageEnds = resolveHeld))
  let pageBegan = () => {}
  const began = new Promise<void>((resolveBegan) => (pageBegan = resolveBegan))
  const page = alone(fresh.house, { ...call, key: 'page', command: 'test.page', input: 1 }, async (writer) => {
    await shareBook(writer)
    pageBegan()
    await held
    order.push('page')
    return null
  })
  await began
  const setting = setPrices(fresh.house, call, entriesOf('waiting', '1')).then(() => order.push('prices'))
  await new Promise((resume) => setImmediate(resume))
  pageEnds()
  await Promise.all([page, setting])
  assert.deepEqual(order, ['page', 'prices'])
})

test('two who set the same prices at once write them once', async () => {
  const both = await Promise.all([
    setPrices(fresh.house, { principal: 'one' }, entriesOf('race', '1')),
    setPrices(fresh.house, { principal: 'other' }, entriesOf('race', '1')),
  ])
  assert.equal(both.filter(Boolean).length, 1)
  assert.equal((await heldOf('race')).length, 1)
})

test('a name that nobody has is refused at its line', () => {
  const { entries } = readPriceFile(
    'discounts:\n  - { service: slurm, project: nobody, from: 2026-01-01, percent: 5 }',
    zone,
    meters,
  )
  const { mistakes } = scoped(entries, () => undefined)
  assert.deepEqual(mistakes, [
    { line: 2, column: 5, message: 'there is no project nobody: import it first (bursar parties import)' },
  ])
})
