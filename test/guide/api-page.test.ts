import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { door } from '../../src/http/door.ts'
import { openDoors } from '../../src/http/testing.ts'
import { lookAtApi } from './browser.ts'

test('the page to try calls fits a phone, and asks for no documents of others', async (t) => {
  const doors = await openDoors((server) => {
    const spec = door({ operation: 'things.list', id: 'listThings', tag: 'things', summary: 'Things', answers: {} })
    server.get('/api/v1/things', spec, async () => ({}))
  })
  try {
    const seen = await lookAtApi(`${doors.url}/docs`)
    if (seen === undefined) return t.skip('there is no Chromium on this machine')
    assert.deepEqual(seen, { width: 390, foreign: 0 })
  } finally {
    await doors.close()
  }
})
