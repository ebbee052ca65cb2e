import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { untilDone } from './retry-tasks.ts'

test('what fails is told and done again until it goes well', async () => {
  const told: string[] = []
  let times = 0
  const work = async () => {
    times += 1
    if (times < 3) throw new Error(`no answer ${times}`)
    return 'done'
  }
  assert.equal(await untilDone(work, new AbortController().signal, ({ message }) => told.push(message)), 'done')
  assert.deepEqual(told, ['no answer 1', 'no answer 2'])
})

test('who is stopped waits no longer', async () => {
  const stopping = new AbortController()
  const work = async () => {
    throw new Error('no answer')
  }
  assert.equal(await untilDone(work, stopping.signal, () => stopping.abort()), undefined)
})
