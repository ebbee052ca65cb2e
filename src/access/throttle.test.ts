import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Throttle } from './throttle.ts'

test('the fifth failure in a minute closes the door until the minute is over, and a success opens it', () => {
  const throttle = new Throttle()
  for (let count = 1; count <= 4; count += 1) throttle.failed(['10.0.0.1', 'abc'], count)
  assert.equal(throttle.waitOf(['10.0.0.1'], 10), 0)
  throttle.failed(['10.0.0.1', 'abc'], 1000)
  assert.equal(throttle.waitOf(['10.0.0.1'], 1001), 59_000)
  assert.equal(throttle.waitOf(['10.0.0.2', 'abc'], 1001), 59_000)
  assert.equal(throttle.waitOf(['10.0.0.2'], 1001), 0)
  assert.equal(throttle.waitOf(['10.0.0.1'], 60_001), 0)
  throttle.succeeded(['10.0.0.1', 'abc'])
  assert.equal(throttle.waitOf(['10.0.0.1', 'abc'], 1001), 0)
})

test('a window that ended counts for nothing', () => {
  const throttle = new Throttle()
  for (let count = 0; count < 4; count += 1) throttle.failed(['a'], 0)
  throttle.failed(['a'], 60_000)
  assert.equal(throttle.waitOf(['a'], 60_001), 0)
})

test('whoever tries with ever new names does not fill the memory, and those who failed last are remembered', () => {
  const throttle = new Throttle()
  for (let count = 0; count < 5; count += 1) throttle.failed(['early'], 0)
  for (let name = 0; name < 20_000; name += 1) throttle.failed([String(name)], 1)
  for (let count = 0; count < 5; count += 1) throttle.failed(['late'], 2)
  assert.equal(throttle.waitOf(['early'], 3), 0)
  assert(throttle.waitOf(['late'], 3) > 0)
})
