import { strict as assert } from 'node:assert'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Bursar, BursarProblem, BursarUnreachable, BursarWaits } from 'bursar/client'
import { python } from './python.ts'
import { newSite, type Site } from './site.ts'

let site: Site
let lossy: Server
let lossyUrl: string
const met = { lost: 0, refused: 0 }
before(async () => {
  site = await newSite()
  await site.ask('POST', '/grants', { payer: 'chem', amount: '100', origin: 'gift' })
  lossy = createServer((request, answer) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => void pass(request.method ?? '', request.url ?? '', request.headers, parts, answer))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => lossy.once('listening', resolve))
  lossyUrl = `http://127.0.0.1:${(lossy.address() as AddressInfo).port}`
})
after(async () => {
  lossy.close()
  lossy.closeAllConnections()
  await site.close()
})

const tries = new Map<string, number>()

/** Passes requests on: the first of each key is refused for load, of the second the answer is lost on the way. */
async function pass(
  method: string,
  url: string,
  headers: NodeJS.Dict<string | string[]>,
  parts: readonly Buffer[],
  answer: import('node:http').ServerResponse,
): Promise<void> {
  const key = String(headers['idempotency-key'])
  const turn = (tries.get(key) ?? 0) + 1
  tries.set(key, turn)
  if (turn === 1) {
    met.refused += 1
    answer.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '0' })
    answer.end(JSON.stringify({ type: '/problems/overloaded', title: 'Too much.', status: 503 }))
    return
  }
  const kept = ['authorization', 'idempotency-key', 'content-type'].flatMap((name) => {
    const value = headers[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  const body = Buffer.concat(parts)
  const sent = { method, headers: Object.fromEntries(kept), ...(body.length > 0 && { body }) }
  const told = await fetch(`${site.url}${url}`, sent)
  const text = await told.text()
  if (turn === 2) {
    met.lost += 1
    answer.destroy()
    return
  }
  answer.writeHead(told.status, { 'content-type': told.headers.get('content-type') ?? '' })
  answer.end(text)
}

const walletOf = async (payer: string) => {
  const [wallet] = await new Bursar({ url: site.url, key: site.key }).wallets(payer)
  return [wallet?.posted, wallet?.held]
}

test('JavaScript: what is held and settled counts once, though answers are lost and the server refuses for load', async () => {
  const bursar = new Bursar({ url: lossyUrl, key: site.key })
  const [posted] = await walletOf('chem')
  const held = await bursar.hold({ project: 'chem', service: 'desk', amount: '4', minutes: 5 })
  assert.equal((await bursar.grow(held, '1')).held, '5')
  assert.equal((await bursar.extend(held, { minutes: 10 })).state, 'held')
  const settled = await bursar.settle(held, '2')
  assert.deepEqual([settled.state, settled.released], ['settled', '3'])
  assert.deepEqual(await walletOf('chem'), [String(Number(posted) - 2), '0'])
  assert.ok(met.lost >= 4 && met.refused >= 4)
  const refund = await bursar.refund({ of: settled.charge, amount: '2', reason: 'a test' })
  assert.equal(refund.refunds.length, 1)
  assert.equal((await bursar.reservation(held)).steps.length, 3)
  assert.equal((await bursar.grant({ payer: 'bio', amount: '1', origin: 'gift' })).available, '1')
  assert.equal((await bursar.move({ from: 'bio', to: 'chem', amount: '1' })).from, '0')
})

test('JavaScript: work that fails releases what it held, and what is refused says why', async () => {
  const bursar = new Bursar({ url: site.url, key: site.key })
  const request = { project: 'chem', service: 'desk', amount: '1', minutes: 5 }
  const failing = bursar.withHold(request, async () => {
    assert.equal((await walletOf('chem'))[1], '1')
    throw new Error('the model broke')
  })
  await assert.rejects(failing, /the model broke/)
  assert.equal((await walletOf('chem'))[1], '0')
  const used = await bursar.withHold(request, async (held) => (await held.settle('0.25')).settled)
  assert.equal(used, '0.25')
  await assert.rejects(
    () => bursar.hold({ ...request, amount: '100000' }),
    (error) => error instanceof BursarProblem && error.type === 'insufficient-credits' && error.status === 402,
  )
  const nobody = new Bursar({
    url: 'http://127.0.0.1:1',
    key: 'k',
    attemptsMax: 2,
    fetch: () => Promise.reject(new Error('refused')),
  })
  await assert.rejects(
    () => nobody.hold(request, { key: 'mine' }),
    (error) => error instanceof BursarUnreachable && error.key === 'mine',
  )
})

const script = `
import sys
from decimal import Decimal
from bursar import Bursar, BursarProblem, BursarUnreachable

lossy, url, key = sys.argv[1:]
bursar = Bursar(lossy, key)
direct = Bursar(url, key)

def wallet():
    found = direct.wallets("chem")[0]
    return Decimal(found["posted"]), Decimal(found["held"])

posted, _ = wallet()
with bursar.hold(project="chem", service="desk", amount="4", minutes=5) as h:
    assert wallet()[1] == 4
    h.grow(1)
    h.extend(minutes=10)
    h.settle(Decimal("2"))
assert wallet() == (posted - 2, 0), wallet()
try:
    with bursar.hold(project="chem", service="desk", estimate={"cpu_core_seconds": 3600}, seconds=60) as h:
        assert wallet()[1] == 1, wallet()
        raise KeyError("the model broke")
except KeyError:
    pass
assert wallet() == (posted - 2, 0), wallet()
with direct.hold(project="chem", service="desk", estimate={"cpu_core_seconds": 7200}, seconds=60) as h:
    charged = h.settle(usage={"cpu_core_seconds": 3600})
assert charged["settled"] == "1", charged
direct.refund(charged["charge"], "1", "a test")
try:
    direct.hold(project="chem", service="desk", amount="100000", minutes=1)
except BursarProblem as problem:
    assert (problem.status, problem.type) == (402, "insufficient-credits"), problem
else:
    raise AssertionError("it was held")
try:
    direct.hold(project="chem", service="desk", amount=4.37, minutes=1)
except TypeError:
    pass
else:
    raise AssertionError("a float was taken")
try:
    Bursar("http://127.0.0.1:1", key, attempts_max=2).wallets("chem")
except BursarUnreachable:
    pass
direct.grant("bio", "2", "gift")
direct.move("bio", "chem", 2)
assert direct.reservation(h.id)["state"] == "settled"
print("done")
`

test('what waits for a second person is no answer: both clients say which approval it is', async () => {
  const strict = await newSite({ BURSAR_APPROVAL_GRANT_LIMIT: '10' })
  const bursar = new Bursar({ url: strict.url, key: strict.key })
  await assert.rejects(
    () => bursar.grant({ payer: 'chem', amount: '11', origin: 'gift' }),
    (error) => error instanceof BursarWaits && error.approval.startsWith('apr_'),
  )
  const words = `from bursar import *\nimport sys\ntry:\n    Bursar(*sys.argv[1:]).grant("chem", 11, "gift")\nexcept BursarWaits as waits:\n    print(waits.approval[:4])`
  assert.equal(await python(words, strict.url, strict.key), 'apr_\n')
  await strict.close()
})

test('Python: the same, with nothing but its standard library', async () => {
  assert.equal(await python(script, lossyUrl, site.url, site.key), 'done\n')
})
