import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { everybody } from '../../src/http/testing.ts'
import { openJobDoors } from '../../src/jobs/testing.ts'

type Item = { readonly [field: string]: string }
type Page = {
  readonly items: readonly Item[]
  readonly meta: { readonly total_items: number; readonly total_pages: number }
}

const doors = await openJobDoors({ after })
const [lab, one, two, user] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]

const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
  const { status, body: said, text } = await doors.ask(method, path, body)
  assert(status < 300, text)
  return (said as { data: unknown }).data
}
const book = async (path: string) => (await ask('GET', path)) as Page
const brief = (items: readonly Item[]) =>
  items.map(({ transaction_type: type, amount, change, balance, reservation }) =>
    [type, amount, change, balance, reservation].join(' '),
  )

let released: string
let used: string
before(async () => {
  await ask('POST', '/account/system', { id: randomUUID(), name: 'System' })
  await ask('POST', '/account/virtual-lab', { id: lab, name: 'Lab', balance: 100 })
  for (const id of [one, two]) await ask('POST', '/account/project', { id, name: 'P', vlab_id: lab })
  await ask('POST', '/price', {
    service_type: 'oneshot',
    service_subtype: 'notebook',
    valid_from: '2024-01-01T00:00:00Z',
    valid_to: null,
    vlab_id: null,
    fixed_cost: 0,
    multiplier: '0.5',
  })
  await ask('POST', '/budget/assign', { vlab_id: lab, proj_id: one, amount: 60 })
  await ask('POST', '/budget/reverse', { vlab_id: lab, proj_id: one, amount: 10 })
  await ask('POST', '/budget/move', { vlab_id: lab, debited_from: one, credited_to: two, amount: '5.125' })
  const job = { proj_id: one, user_id: user, type: 'oneshot', subtype: 'notebook' }
  const reserve = async (count: number) =>
    ((await ask('POST', '/reservation/oneshot', { ...job, count })) as { job_id: string }).job_id
  const use = async (id: string, count: number) => {
    const { user_id: _, ...usage } = job
    const timestamp = Math.floor(Date.now() / 1000)
    await ask('POST', '/usage/oneshot', { ...usage, job_id: id, count, timestamp })
  }
  released = await reserve(4)
  await ask('DELETE', `/reservation/oneshot/${released}`)
  used = await reserve(10)
  await use(used, 6)
  await use(await reserve(2), 8)
  await ask('POST', '/budget/grant', { proj_id: one, amount: 1 })
  await ask('POST', '/budget/deplete/project', { proj_id: one })
})

test('200: the ledger of a project tells what changed its balance, and what that was after it', async () => {
  const { items, meta } = await book(`/ledger/project/${one}`)
  assert.deepEqual(brief(items).reverse(), [
    'ASSIGN_BUDGET 60 60 60 0',
    'REVERSE_BUDGET 10 -10 50 0',
    'MOVE_BUDGET 5.125 -5.125 44.875 0',
    'RESERVE 2 -2 42.875 2',
    'RELEASE 2 2 44.875 0',
    'RESERVE 5 -5 39.875 5',
    'CHARGE_ONESHOT 3 0 39.875 2',
    'RELEASE 2 2 41.875 0',
    'RESERVE 1 -1 40.875 1',
    // First what was reserved, then what was not.
    'CHARGE_ONESHOT 1 0 40.875 0',
    'CHARGE_ONESHOT 3 -3 37.875 0',
    'ASSIGN_BUDGET 1 1 38.875 0',
    'DEPLETE 38.875 -38.875 0 0',
  ])
  assert.equal(meta.total_items, items.length)
  assert.deepEqual(
    items
      .map(({ job_id: job }) => job)
      .reverse()
      .slice(3, 8),
    [released, released, used, used, used],
  )
})

test('200: the journal tells from where to where', async () => {
  const { items } = await book(`/journal/project/${one}`)
  const sides = items.map(({ debited_from: from, credited_to: to }) => [from, to])
  assert.deepEqual(sides.reverse(), [
    [lab, one],
    [one, lab],
    [one, two],
    [one, 'reservation'],
    ['reservation', one],
    [one, 'reservation'],
    ['reservation', 'system'],
    ['reservation', one],
    [one, 'reservation'],
    ['reservation', 'system'],
    [one, 'system'],
    [lab, one],
    [one, 'system'],
  ])
  const sum = (side: 'debited_from' | 'credited_to', of: string): number =>
    items.reduce((all, item) => all + (item[side] === of ? Number(item.amount) : 0), 0)
  // It adds up to what the balances say.
  for (const where of [one, 'reservation'])
    assert.equal(sum('credited_to', where) - sum('debited_from', where), 0, where)
})

test('200: the books of a virtual lab tell of its own money', async () => {
  const { items } = await book(`/ledger/virtual-lab/${lab}`)
  assert.deepEqual(brief(items).reverse(), [
    'TOP_UP 100 100 100 0',
    'ASSIGN_BUDGET 60 -60 40 0',
    'REVERSE_BUDGET 10 10 50 0',
    'TOP_UP 1 1 51 0',
    'ASSIGN_BUDGET 1 -1 50 0',
  ])
})

test('200: pages follow each other, with the same balances', async () => {
  const { items } = await book(`/ledger/project/${one}`)
  const paged: Item[] = []
  for (let page = 1; page <= 4; page++) {
    const part = await book(`/ledger/project/${one}?page=${page}&page_size=5`)
    assert.equal(part.meta.total_pages, 3)
    paged.push(...part.items)
  }
  assert.deepEqual(paged, items)
})

test('404: books of nobody, and of others', async () => {
  for (const path of ['journal', 'ledger']) {
    assert.equal((await doors.ask('GET', `/${path}/project/${lab}`)).status, 404)
    doors.be({ name: 'other', role: 'finance', parties: new Set([two]) })
    assert.equal((await doors.ask('GET', `/${path}/project/${one}`)).status, 404)
    assert.equal((await doors.ask('GET', `/${path}/project/${two}`)).status, 200)
    doors.be(everybody)
  }
})
