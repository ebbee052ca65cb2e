import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Bursar, BursarProblem, BursarUnreachable } from 'bursar/client'
import { bursar } from '../bursar.ts'
import { python } from './python.ts'

/** What stands between: a page of its own, or a sign to another place, where the GET that is left of a POST finds lists. */
type Between = 'page' | 'sign'
let between: Between = 'page'
let met: string[] = []
let server: Server
let url: string
before(async () => {
  server = createServer((request, answer) => {
    met.push(`${request.method} ${request.url}`)
    request.resume()
    if (request.url?.startsWith('/there/')) {
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[],"next":null}')
    } else if (between === 'page') answer.writeHead(200, { 'content-type': 'text/html' }).end('<p>Please sign in</p>')
    else answer.writeHead(301, { location: `/there${request.url}` }).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => server.close())

const commands = [
  ['grant', 'chem', '5', '--origin', 'gift'],
  ['balance', 'chem'],
  ['key', 'create', '--name', 'farm', '--role', 'service'],
  ['key', 'list'],
  ['person', 'erase', `per_${'0'.repeat(32)}`],
  ['approval', 'approve', 'apr_1'],
]

test('no command takes a page or a sign of something in between for what Bursar did', async () => {
  for (const [kind, told] of [
    ['page', /no Bursar answers at .*: the answer is 200, and no JSON/],
    ['sign', /leads on to \/there\/api\/v1\//],
  ] as const) {
    between = kind
    for (const command of commands) {
      met = []
      const { code, out, err } = await bursar(command, { BURSAR_URL: url, BURSAR_KEY: 'bsr_x' })
      assert.deepEqual([code, out, met.length], [1, '', 1], `${command.join(' ')}: ${out}${err}`)
      assert.match(err, told)
    }
  }
})

test('of a key whose secret may be lost it is told how to find and end it', async () => {
  between = 'page'
  const create = ['key', 'create', '--name', 'farm', '--role', 'service']
  const { err } = await bursar(create, { BURSAR_URL: url, BURSAR_KEY: 'bsr_x' })
  assert.match(
    err,
    /may have been made.*`bursar key list` shows a new one called “farm”, end it with `bursar key revoke`/,
  )
  const { err: read } = await bursar(['key', 'list'], { BURSAR_URL: url, BURSAR_KEY: 'bsr_x' })
  assert.doesNotMatch(read, /may have been/)
})

const request = { project: 'chem', service: 'desk', amount: '1', minutes: 5 }

test('JavaScript: nothing is held where something in between answers', async () => {
  const client = new Bursar({ url, key: 'bsr_x', attemptsMax: 2 })
  between = 'page'
  await assert.rejects(client.hold(request), BursarUnreachable)
  between = 'sign'
  met = []
  await assert.rejects(
    client.hold(request),
    (error) => error instanceof BursarProblem && error.status === 301 && /leads on to \/there/.test(error.message),
  )
  assert.deepEqual(met, ['POST /api/v1/reservations'])
})

test('Python: nothing is held where something in between answers', async () => {
  const words = `
import sys
from bursar import Bursar, BursarProblem, BursarUnreachable
bursar = Bursar(sys.argv[1], "bsr_x", attempts_max=2)
try:
    bursar.hold(project="chem", service="desk", amount="1", minutes=5)
except (BursarProblem, BursarUnreachable) as told:
    print(type(told).__name__, told)
`
  between = 'page'
  assert.match(await python(words, url), /^BursarUnreachable /)
  between = 'sign'
  met = []
  assert.match(await python(words, url), /^BursarProblem The address of Bursar leads on to \/there/)
  assert.deepEqual(met, ['POST /api/v1/reservations'])
})
