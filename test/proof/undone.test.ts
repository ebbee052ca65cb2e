import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { Counter } from '../../src/charging/counter-commands.ts'
import { newMemory } from '../../src/charging/memory-commands.ts'
import { setBook } from '../../src/charging/testing.ts'
import { Credits } from '../../src/credits/commands.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { clockworkHouse } from './clockwork.ts'
import { randomFrom, seedOfRun } from './random.ts'
import { type House, Undone, type Way } from './undone.ts'
import { unevenPrices } from './uneven-prices.ts'

const zone = 'Asia/Bangkok'
const time = { now: Date.UTC(2027, 0, 12) }
let house: House
before(async () => {
  const clockwork = await clockworkHouse(zone, time.now)
  const counter = new Counter(new Credits(clockwork.house, { waitMaxMilliseconds: 60_000 }))
  house = { clockwork, memory: newMemory(zone), counter }
  await setBook(clockwork.house, unevenPrices)
})
after(async () => {
  await house.counter.credits.lane.close()
  await house.clockwork.close()
})

const historiesEach = Number(process.env['HISTORIES'] ?? 6)
const none = { waits: false, refunds: false, flips: false, tiers: false }
const all = { waits: true, refunds: true, flips: true, tiers: true }
const ways: Readonly<Record<string, Way>> = {
  one: { meters: 'a', months: ['2026-11'], steps: 12, ...none },
  two: { meters: 'ab', months: ['2026-11'], steps: 16, ...all },
  all: { meters: 'abcd', months: ['2026-11', '2026-12'], steps: 16, ...all },
}

test('usage in months with tiers that is all undone leaves wallets, grants and budgets as if there had been none', async () => {
  for (const [name, way] of Object.entries(ways)) {
    for (let n = 0; n < historiesEach; n += 1) {
      const seed = seedOfRun + n
      const history = new Undone(house, randomFrom(seed), way, `${name}-${n}`, time)
      await history.run()
      assert.deepEqual(await history.wrongs(), [], `seed ${seed}, ${name}:\n${history.log.join('\n')}`)
    }
  }
  for await (const { ok, name, detail } of proveBooks(house.clockwork.house))
    assert.ok(ok, `verify: ${name}: ${detail}`)
})
