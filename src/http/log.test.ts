import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { gathered, openLog } from './log.ts'

test('lines that come close together are written together, in their order; a failure goes out at once', async () => {
  const written: string[] = []
  const log = openLog('info', gathered({ write: (text) => written.push(text) }, 1))
  log.info('one')
  log.info('two')
  assert.equal(written.length, 0)
  log.error('three')
  assert.equal(written.length, 1)
  const lines = (written[0] ?? '').trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['one', 'two', 'three'],
  )
  log.info('four')
  while (written.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.match(written[1] ?? '', /"four"/)
})

test('credentials of a request that is logged whole are taken out', () => {
  const written: string[] = []
  const log = openLog('info', { write: (text) => written.push(text) })
  log.info({ req: { headers: { authorization: 'Bearer bsr_secret', cookie: 'session=1' } } }, 'whole')
  assert.ok(!written.join('').includes('secret'))
})
