import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { parse } from 'yaml'
import { overrunPolicies } from '../../src/credits/reservation.ts'
import { problems } from '../../src/http/problems.ts'
import { meterNames } from '../../src/metering/commands.ts'
import { isMeter } from '../../src/metering/meter.ts'
import { freshHouse } from '../../src/operations/testing.ts'
import { compilePolicy, freeOf } from '../../src/pricing/policy.ts'
import { readPriceFile } from '../../src/pricing/price-file.ts'
import { isEnded } from '../../src/slurm/state.ts'
import { type Fence, readPage } from './page.ts'

const start = { service: 'slurm', component: 'cpu', from: '2026-01-01', currency: 'THB', quantity: 'cpu_core_seconds' }

/** A price file as it stands; of a part of a price, as many files as it shows ways to price. */
function priceFiles({ text }: Fence): object[] {
  const shown = parse(text) as Record<string, unknown>
  if (['prices', 'policies', 'discounts'].some((list) => list in shown)) return [shown]
  return Object.entries(shown).map(([model, value]) => ({ prices: [{ ...start, [model]: value }] }))
}

test('every price, policy, discount and formula that the guide shows can be set', async () => {
  const fresh = await freshHouse()
  const names = new Set((await meterNames(fresh.database.pool)).map(({ name }) => name))
  await fresh.drop()
  const meters = { names, has: (name: string) => isMeter(name, names) }
  const { fences, text } = readPage('prices')
  const formulas = [...text.matchAll(/^\| [^|]+ \| `([^`]+)`/gm)].map(([, quantity]) => ({
    prices: [{ ...start, quantity, flat: { price: '1' } }],
  }))
  assert(formulas.length > 5)
  const files = fences.filter(({ kind }) => kind === 'yaml').flatMap(priceFiles)
  for (const file of [...files, ...formulas]) {
    const { entries, mistakes } = readPriceFile(JSON.stringify(file), 'UTC', meters)
    assert.deepEqual(mistakes, [], JSON.stringify(file))
    assert(entries.length > 0)
  }
})

test('what the guide says that each end of a job costs is what the defaults charge', () => {
  const rows = [...readPage('slurm').text.matchAll(/^\| `([A-Z_]+)` \|.*\| (nothing|what it used) \|$/gm)]
  assert(rows.length > 10)
  const defaults = compilePolicy(undefined)
  for (const [, state = '', costs] of rows) {
    assert(isEnded(state), state)
    assert.equal(freeOf(defaults, state) === undefined ? 'what it used' : 'nothing', costs, state)
  }
})

test('for every status of a problem the guide says whether to try again', () => {
  const told = [...readPage('errors').text.matchAll(/^\| (\d{3}(?:, \d{3})*) \|/gm)].flatMap(([, list = '']) =>
    list.split(', '),
  )
  const statuses = new Set(Object.values(problems).map(({ status }) => String(status)))
  assert.deepEqual(told.sort(), [...statuses].sort())
})

test('the guide tells of every policy for an overrun', () => {
  const told = [...readPage('concepts').text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, policy]) => policy)
  assert.deepEqual(told, [...overrunPolicies])
})
