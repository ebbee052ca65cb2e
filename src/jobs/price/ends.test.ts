import { strict as assert } from 'node:assert'
import { after, beforeEach, test } from 'node:test'
import { everybody } from '../../http/testing.ts'
import {
  type Answered,
  base,
  open,
  openPriceDoors,
  otherVlab,
  type PriceRead,
  type Refused,
  soon,
  vlab,
} from './testing.ts'

type Listed = Answered<{
  items: (PriceRead & { vlab_id: string | null })[]
  meta: { total_pages: number; total_items: number }
  links: { next: string | null }
}>

const doors = await openPriceDoors({ after })
beforeEach(() => doors.be(everybody))

test('201: the same key adds one price, and another body under it is refused', async () => {
  const headers = { 'idempotency-key': 'one price' }
  const given = { ...base, service_subtype: 'synaptome-sim', tiers: [open] }
  const [first, again] = [await doors.post(given, headers), await doors.post(given, headers)]
  assert.equal(first.text, again.text)
  assert.equal((await doors.post({ ...given, vlab_id: vlab }, headers)).status, 409)
  const listed = await doors.ask('GET', '/price?subtype=synaptome-sim')
  assert.equal((listed.body as Listed).data.items.length, 1)
  await doors.post(given)
  const both = (await doors.ask('GET', '/price?subtype=synaptome-sim')).body as Listed
  assert.equal(both.data.items.length, 2, 'without a key each is a price of its own')
  assert.ok((both.data.items[0]?.id ?? 0) > (both.data.items[1]?.id ?? 0), 'the newest first')
})

test('201: what was added under a key is answered again when its virtual lab is disabled, and nothing else is added', async () => {
  const enable = async (enabled: boolean) =>
    assert.equal((await doors.ask('PATCH', `/account/virtual-lab/${otherVlab}`, { enabled })).status, 200)
  const price = { ...base, service_subtype: 'single-cell-build', vlab_id: otherVlab, tiers: [open] }
  const discount = { vlab_id: otherVlab, discount: '0.1', valid_from: '2024-01-01T00:00:00Z' }
  for (const [path, body] of [
    ['/price', price],
    ['/discount', discount],
  ] as const) {
    const ask = (key: string) => doors.ask('POST', path, body, { 'idempotency-key': `${key} ${path}` })
    const first = await ask('before')
    assert.equal(first.status, 201, first.text)
    await enable(false)
    const again = await ask('before')
    assert.deepEqual([again.status, again.text], [201, first.text])
    assert.equal((await ask('since')).status, 404)
    await enable(true)
    assert.equal((await ask('since')).status, 201, 'a refusal is not kept')
  }
})

test('200: prices are listed by type, subtype, virtual lab, and whether they hold now', async () => {
  const given = { ...base, service_type: 'longrun', service_subtype: 'region-sim', tiers: [open] }
  await doors.post({ ...given, vlab_id: vlab })
  await doors.post({ ...given, valid_from: soon(3_600_000) })
  const count = async (query: string) => {
    const { status, body } = await doors.ask('GET', `/price?subtype=region-sim&${query}`)
    assert.equal(status, 200)
    return (body as Listed).data.items.length
  }
  assert.equal(await count(''), 2)
  assert.equal(await count('type=LONGRUN'), 2)
  assert.equal(await count('type=oneshot'), 0)
  assert.equal(await count(`vlab_id=${vlab.toUpperCase()}`), 1)
  assert.equal(await count('current=yes'), 1)
  assert.equal(await count('current=0'), 1)
  assert.equal((await doors.ask('GET', '/price?current=maybe')).status, 422)
  const first = (await doors.ask('GET', '/price?page_size=1&subtype=region-sim')).body as Listed
  assert.deepEqual([first.data.meta.total_pages, first.data.meta.total_items], [2, 2])
  const second = (await (await fetch(first.data.links.next ?? '')).json()) as Listed
  assert.notEqual(second.data.items[0]?.id, first.data.items[0]?.id)
  assert.equal(second.data.links.next, null)
})

test('404: a price that there is not, or that belongs to another virtual lab', async () => {
  const added = await doors.post({ ...base, vlab_id: otherVlab, tiers: [open] })
  const { id } = (added.body as Answered<PriceRead>).data
  doors.be({ name: 'mine', role: 'user', parties: new Set([vlab]) })
  for (const wanted of [id, id + 99]) {
    const { status, body } = await doors.ask('GET', `/price/${wanted}`)
    assert.deepEqual([status, (body as Refused).message], [404, 'Price not found'])
  }
  const listed = (await doors.ask('GET', '/price')).body as Listed
  assert.ok(listed.data.items.every(({ vlab_id }) => vlab_id !== otherVlab))
  assert.equal((await doors.ask('GET', '/price/x')).status, 422)
  for (const method of ['PATCH', 'DELETE']) {
    const body = method === 'PATCH' ? { valid_to: null } : undefined
    assert.equal((await doors.ask(method, `/price/${id + 99}`, body)).status, 404)
  }
})

test('200: a price ends when it is said, and what ended stays ended', async () => {
  const added = await doors.post({ ...base, service_subtype: 'pair-sim', tiers: [open] })
  const { id } = (added.body as Answered<PriceRead>).data
  const end = (valid_to: unknown) => doors.ask('PATCH', `/price/${id}`, { valid_to })
  const later = soon(3_600_000)
  const { status, body } = await end(later)
  assert.equal(status, 200)
  assert.equal((body as Answered<PriceRead>).message, 'Price updated')
  assert.equal(Date.parse((body as Answered<PriceRead>).data.valid_to ?? ''), Date.parse(later))
  assert.equal((await end(later)).status, 200, 'said again')
  assert.equal((await end(null)).status, 200, 'it may go on after all')
  for (const [moment, message] of [
    ['2024-06-01T00:00:00Z', 'valid_to must not be in the past: jobs were priced until now'],
    [base.valid_from, 'valid_to must be greater than valid_from'],
  ] as const) {
    const refused = await end(moment)
    assert.deepEqual([refused.status, (refused.body as Refused).message], [400, message])
  }
  assert.equal((await doors.estimate({ subtype: 'pair-sim' })).status, 200)
  const ended = await doors.ask('DELETE', `/price/${id}`)
  const { message, data } = ended.body as Answered<PriceRead>
  assert.deepEqual([ended.status, message], [200, 'Price ended'])
  assert.equal((await doors.estimate({ subtype: 'pair-sim' })).status, 404, 'at once')
  assert.deepEqual(((await doors.ask('DELETE', `/price/${id}`)).body as Answered<PriceRead>).data, data)
  const revived = await end(null)
  assert.equal(revived.status, 400)
  assert.match((revived.body as Refused).message, /^It ended at .*: add a new one$/)
  assert.equal((await end('soon')).status, 422)
})

test('200: a price that has not begun is taken away before it begins', async () => {
  const valid_from = '2099-01-01T00:00:00.123456Z'
  const added = await doors.post({ ...base, service_subtype: 'small-sim', valid_from, tiers: [open] })
  const { id } = (added.body as Answered<PriceRead>).data
  const { body } = await doors.ask('DELETE', `/price/${id}`)
  assert.deepEqual(
    [(body as Answered<PriceRead>).data.valid_from, (body as Answered<PriceRead>).data.valid_to],
    [valid_from, valid_from],
  )
})
