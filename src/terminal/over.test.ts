import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Refusal } from '../values/refusal.ts'
import { askOver } from './over.ts'

test('of a Bursar that never answers it is told that nobody knows, and how to ask again', async (t) => {
  const server = createServer((request, answer) => {
    // The beginning of an answer is none.
    if (request.url === '/half') answer.writeHead(200, { 'content-type': 'application/json' }).write('{"id":')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const asked = async (method: string, path: string, again?: string) => {
    const refused = await askOver(url, 'bsr_x', { method, path, key: 'k' }, again, 50).catch((error: unknown) => error)
    assert(refused instanceof Refusal)
    assert.equal(refused.message, `no answer came from ${url} within 50 ms`)
    return refused.remedy
  }
  const begin = 'See that Bursar runs there; what it was asked may be under way still.'
  assert.equal(await asked('POST', '/x', 'Ask again: --key k'), `${begin} Ask again: --key k`)
  assert.equal(await asked('POST', '/half', 'Ask again: --key k'), `${begin} Ask again: --key k`)
  assert.equal(await asked('DELETE', '/x'), `${begin} It may have been done: look whether it was before you ask again.`)
  assert.equal(await asked('GET', '/x'), begin)
})
