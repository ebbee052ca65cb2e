import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Throttle } from './throttle.ts'

const failTimes = (throttle: Throttle, times: number, name: string, now: number): number[] =>
  Array.from({ length: times }, () => throttle.failed(name, now))

test('who failed five times in a minute waits until it is over, and nobody else does', () => {
  const throttle = new Throttle(5)
  assert.deepEqual(failTimes(throttle, 5, 'a', 0), [0, 0, 0, 0, 0])
  assert.equal(throttle.failed('a', 1_000), 59_000)
  assert.equal(throttle.failed('b', 1_000), 0)
  assert.deepEqual(failTimes(throttle, 5, 'a', 60_000), [0, 0, 0, 0, 0])
  assert.equal(throttle.failed('a', 60_001), 59_999)
})

test('a window that ended counts for nothing', () => {
  const throttle = new Throttle(5)
  failTimes(throttle, 4, 'a', 0)
  assert.deepEqual(failTimes(throttle, 5, 'a', 60_000), [0, 0, 0, 0, 0])
})

test('whoever tries with ever new names does not fill the memory, and those who failed last are remembered', () => {
  const throttle = new Throttle(5)
  failTimes(throttle, 5, 'early', 0)
  for (let name = 0; name < 20_000; name += 1) throttle.failed(String(name), 1)
  failTimes(throttle, 5, 'late', 2)
  assert.equal(throttle.failed('early', 3), 0)
  assert(throttle.failed('late', 3) > 0)
})

test('how often refusing began and ended is counted', () => {
  const throttle = new Throttle(5)
  failTimes(throttle, 9, 'a', 0)
  failTimes(throttle, 6, 'b', 30_000)
  failTimes(throttle, 3, 'c', 30_000)
  assert.deepEqual(throttle.lockouts(59_999), { started: 2, ended: 0 })
  assert.deepEqual(throttle.lockouts(60_000), { started: 2, ended: 1 })
  assert.deepEqual(throttle.lockouts(90_000), { started: 2, ended: 2 })
})
