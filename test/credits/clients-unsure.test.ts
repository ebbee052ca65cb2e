import { strict as assert } from 'node:assert'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Bursar, BursarProblem, BursarUnreachable } from 'bursar/client'
import { python } from './python.ts'
import { newSite, type Site } from './site.ts'

let site: Site
let between: Server
let port: number
before(async () => {
  site = await newSite()
  await site.ask('POST', '/grants', { payer: 'chem', amount: '100', origin: 'gift' })
  between = createServer(pass).listen(0, '127.0.0.1')
  await new Promise((resolve) => between.once('listening', resolve))
  port = (between.address() as AddressInfo).port
})
after(async () => {
  await away()
  await site.close()
})

/** What becomes of settlings on their way: never there, done and the answer lost, or refused by whom it meets first. */
type Fate = 'cut' | 'lost' | 'locked' | undefined
let fates: Fate[] = []

function pass(asked: IncomingMessage, answer: ServerResponse): void {
  const fate = asked.url?.endsWith('/settle') ? fates.shift() : undefined
  if (fate === 'cut') {
    asked.socket.destroy()
    return
  }
  if (fate === 'locked') {
    answer.writeHead(429, { 'content-type': 'application/problem+json' })
    answer.end(JSON.stringify({ type: '/problems/too-many-failures', title: 'Too many.', status: 429 }))
    return
  }
  const onward = request(`${site.url}${asked.url}`, { method: asked.method, headers: asked.headers }, (told) => {
    if (fate === 'lost') {
      told.resume().on('end', () => asked.socket.destroy())
      return
    }
    answer.writeHead(told.statusCode ?? 500, told.headers)
    told.pipe(answer)
  })
  asked.pipe(onward)
}

const url = () => `http://127.0.0.1:${port}`

const away = async () => {
  between.closeAllConnections()
  await new Promise((resolve) => between.close(resolve))
}

const back = async () => {
  between.listen(port, '127.0.0.1')
  await new Promise((resolve) => between.once('listening', resolve))
}

const wanted = { project: 'chem', service: 'desk', amount: '5', minutes: 60 }
const short = () => new Bursar({ url: url(), key: site.key, attemptsMax: 2 })
const direct = () => new Bursar({ url: site.url, key: site.key })
const availableOf = async () => Number((await direct().wallets('chem'))[0]?.available)

for (const [fate, word] of [
  ['cut', 'never arrived'],
  ['lost', 'was made'],
] as const) {
  test(`JavaScript: a settling without an answer that ${word} is charged once, and nothing is released`, async () => {
    const before = await availableOf()
    fates = [fate, fate]
    let reservation = ''
    const failing = short().withHold(wanted, (held) => {
      reservation = held.id
      return held.settle('3', { key: `settle-${held.id}` })
    })
    await assert.rejects(
      failing,
      (error) => error instanceof BursarUnreachable && error.key === `settle-${reservation}`,
    )
    assert.equal((await direct().reservation(reservation)).state, fate === 'cut' ? 'held' : 'settled')
    const again = await direct().settle(reservation, '3', { key: `settle-${reservation}` })
    assert.deepEqual([again.state, again.settled], ['settled', '3'])
    assert.equal(await availableOf(), before - 3)
  })

  test(`Python: a settling without an answer that ${word} is charged once, and nothing is released`, async () => {
    const before = await availableOf()
    fates = [fate, fate]
    const told = await python(unsure, url(), site.url, site.key)
    assert.equal(told, `${fate === 'cut' ? 'held' : 'settled'} settled 3\n`)
    assert.equal(await availableOf(), before - 3)
  })
}

const unsure = `
import sys
from bursar import Bursar, BursarUnreachable

direct = Bursar(sys.argv[2], sys.argv[3])
try:
    with Bursar(sys.argv[1], sys.argv[3], attempts_max=2).hold(project="chem", service="desk", amount="5", minutes=60) as h:
        h.settle("3", key="settle-" + h.id)
except BursarUnreachable as error:
    state = direct.reservation(h.id)["state"]
    again = direct.ask("POST", "/api/v1/reservations/" + h.id + "/settle", {"amount": "3", "last": True}, key=error.key)
    print(state, again["state"], again["settled"])
`

test('JavaScript: a settling by the client itself counts for the hold around it, and so does one that nobody waited for', async () => {
  fates = ['cut', 'cut', 'cut', 'cut']
  const bursar = short()
  const held: string[] = []
  let unwaited: Promise<unknown> | undefined
  const swallowed = bursar.withHold(wanted, async (hold) => {
    held.push(hold.id)
    await bursar.settle(hold, '3').catch(() => {})
  })
  await swallowed
  await assert.rejects(
    bursar.withHold(wanted, async (hold) => {
      held.push(hold.id)
      unwaited = hold.settle('3').catch(() => {})
      throw new Error('the model broke')
    }),
    /the model broke/,
  )
  await unwaited
  for (const one of held) {
    assert.equal((await direct().reservation(one)).state, 'held')
    await direct().release(one)
  }
})

test('a refusal that looked at no key does not say what became of the attempt before; one without such an attempt does', async () => {
  const states: string[] = []
  for (const course of [['lost', 'locked'], ['locked']] as const) {
    fates = [...course]
    let reservation = ''
    const failing = short().withHold(wanted, (held) => {
      reservation = held.id
      return held.settle('1', { key: `settle-${held.id}` })
    })
    await assert.rejects(
      failing,
      (error) =>
        error instanceof BursarProblem &&
        error.isUnsure === (course.length === 2) &&
        error.key === `settle-${reservation}`,
    )
    states.push((await direct().reservation(reservation)).state)
  }
  assert.deepEqual(states, ['settled', 'released'])
})

test('Python: a settling that was refused was not made, and what was held is given back', async () => {
  const told = await python(refused, url(), site.key)
  assert.equal(told, '400 False released\n')
})

const refused = `
import sys
from bursar import Bursar, BursarProblem

bursar = Bursar(*sys.argv[1:])
try:
    with bursar.hold(project="chem", service="desk", amount="5", minutes=60) as h:
        h.settle("many")
except BursarProblem as problem:
    print(problem.status, problem.is_unsure, bursar.reservation(h.id)["state"])
`

test('a restart that takes three seconds is seen by neither client', async () => {
  const hold = await direct().hold(wanted)
  const other = await direct().hold(wanted)
  await away()
  const asked = [
    new Bursar({ url: url(), key: site.key }).settle(hold, '1').then(({ settled }) => settled),
    python(restarted, url(), site.key, other.id),
  ]
  await sleep(3_000)
  await back()
  assert.deepEqual(await Promise.all(asked), ['1', '2\n'])
})

const restarted = `
import sys
from bursar import Bursar, Hold

bursar = Bursar(*sys.argv[1:3])
print(Hold(bursar, {"id": sys.argv[3], "state": "held"}).settle("2")["settled"])
`
