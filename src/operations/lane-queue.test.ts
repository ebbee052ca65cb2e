import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { Entry } from './lane-command.ts'
import { takeFairly } from './lane-queue.ts'

const most = 20

test('a batch is full while enough wait, in order, and nobody takes more than a quarter while others could', () => {
  const waiting = fc.array(fc.record({ who: fc.integer({ min: 0, max: 8 }), isGone: fc.boolean() }), { maxLength: 200 })
  fc.assert(
    fc.property(waiting, (all) => {
      const queue = all.map(({ who, isGone }, number) => {
        const call = { principal: `${who}`, key: `${number}`, command: 'test', input: null }
        const command = { wants: null, decide: () => assert.fail('it is only queued') }
        return new Entry<null, null>(call, '', command, { isGone: () => isGone })
      })
      const here = queue.filter((entry) => !entry.isGone)
      const { taken, left } = takeFairly(queue, most)
      assert.equal(taken.length, Math.min(most, here.length))
      assert.deepEqual(new Set([...taken, ...left]), new Set(here))
      const numbers = taken.map(({ call }) => Number(call.key))
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      )
      const count = (entries: readonly Entry<null, null>[], who: string) =>
        entries.filter(({ call }) => call.principal === who).length
      const greedy = [...new Set(taken.map(({ call }) => call.principal))].filter((who) => count(taken, who) > most / 4)
      // Whoever has more than a quarter has it because everybody else who waits had theirs.
      for (const { call } of greedy.length > 0 ? left : []) {
        assert.ok(count(taken, call.principal) >= most / 4, `${call.principal} waits beside ${greedy.join()}`)
      }
    }),
  )
})
