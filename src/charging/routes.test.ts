import { strict as assert } from 'node:assert'
import { after, before, beforeEach, test } from 'node:test'
import { rows } from '../database/reader.ts'
import { everybody, openDoors, type OpenedDoors } from '../http/testing.ts'
import { addLedgerRoutes } from '../ledger/routes.ts'
import { addMeteringRoutes } from '../metering/routes.ts'
import { addOperationRoutes } from '../operations/routes.ts'
import { importSheet, newSite, type Site } from './testing.ts'
import { Gathering } from './gather-commands.ts'
import { addPreviewRoutes } from './preview-routes.ts'
import { addReplayRoutes } from './replay-routes.ts'
import { addChargingRoutes } from './routes.ts'
import { addUsageRoutes } from './usage-routes.ts'

let site: Site
let doors: OpenedDoors
before(async () => {
  site = await newSite()
  const { house, memory } = site
  await importSheet(
    house,
    'organisation,project,payment,person,provider\nlab,chem,postpaid,ada,\nfirm,oil,,eve,\n,,,,cluster\n',
  )
  const unknown = 'quarantine'
  const parts = { house, unknown, memory, gathering: new Gathering(house, unknown, memory), count: () => {} } as const
  doors = await openDoors((server) => {
    addUsageRoutes(server, parts)
    addChargingRoutes(server, house, memory)
    addPreviewRoutes(server, house, memory)
    addReplayRoutes(server, house, memory, {})
    addMeteringRoutes(server, house)
    addLedgerRoutes(server, house)
    addOperationRoutes(server, house)
  })
  const records = [1, 2, 3].map((hours) => ({
    ...usage,
    id: `job-${hours}`,
    quantities: { cpu_core_seconds: `${hours * 3600}`, gpu_seconds: '3600' },
  }))
  const answer = await doors.ask('POST', '/api/v1/usage', {
    records: [...records, { ...usage, id: 'oil-1', project: 'oil', person: 'eve' }],
  })
  assert.equal(answer.status, 200, answer.text)
})
after(async () => {
  await doors.close()
  await site.drop()
})
beforeEach(() => doors.be(everybody))

const usage = {
  source: 'portal',
  project: 'chem',
  person: 'ada',
  provider: 'cluster',
  service: 'slurm',
  startsAt: '2026-10-01T00:00:00Z',
  endsAt: '2026-10-01T01:00:00Z',
  quantities: { cpu_core_seconds: '3600' },
}

type Item = { id: string; amount: string; record: string; owner: string; kind: string; posted: string; reason: string }
const read = async <Body>(path: string) => {
  const answer = await doors.ask('GET', path)
  assert.equal(answer.status, 200, `${path}: ${answer.text}`)
  return answer.body as Body
}
const list = async (path: string) => {
  const items: Item[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const mark = path.includes('?') ? '&' : '?'
    const page: { items: Item[]; next: string | null } = await read(
      `${path}${mark}limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )
    items.push(...page.items)
    cursor = page.next
  }
  return items
}
const idOf = async (table: string, name: string) => {
  const [found] = await rows<{ id: string }>(
    site.database.pool,
    `select id from parties.${table} where name = '${name}'`,
  )
  return found?.id ?? ''
}

test('200: charges are listed by project, month and record, in pages that leave none out', async () => {
  const all = await list('/api/v1/charges')
  assert.equal(all.length, 7)
  assert.equal(new Set(all.map(({ id }) => id)).size, 7)
  const chem = await list('/api/v1/charges?project=chem&period=2026-10')
  assert.deepEqual(chem.map(({ amount }) => amount).sort(), ['1', '10', '10', '10', '2', '3'])
  assert.equal((await list('/api/v1/charges?period=2026-09')).length, 0)
  assert.equal((await list(`/api/v1/charges?record=${chem[0]?.record}`)).length, 2)
  assert.equal((await doors.ask('GET', '/api/v1/charges?project=nobody')).status, 404)
  assert.equal((await doors.ask('GET', '/api/v1/charges?period=2026-13')).status, 400)
})

test('200: records are listed by source, and of one that nobody used there are none', async () => {
  const all = (await list('/api/v1/records')) as unknown as { id: string; source: string }[]
  const [{ source } = { source: '' }] = all
  const own = all.filter((record) => record.source === source).map(({ id }) => id)
  const found = await list(`/api/v1/records?source=${encodeURIComponent(source)}`)
  assert.deepEqual([found.map(({ id }) => id), own.length > 0], [own, true])
  assert.deepEqual(await list('/api/v1/records?source=NOPE'), [])
})

test('200: a charge is explained from its record to the ledger', async () => {
  const [charge] = await list('/api/v1/charges?project=chem')
  const found = await read<{
    state: string
    charges: { id: string; steps: { rounded: string } }[]
    record: { raw: string }
  }>(`/api/v1/charges/${charge?.id}/explanation`)
  assert.equal(found.state, 'charged')
  assert.equal(found.charges.find(({ id }) => id === charge?.id)?.steps.rounded, charge?.amount)
  assert.match(found.record.raw, /"source":"portal"/)
  assert.equal((await doors.ask('GET', '/api/v1/charges/chg_1/explanation')).status, 404)
})

test('200: a statement says what a project owes; 400: of a day that there is', async () => {
  const statement = await read<{ total: object; lines: object[]; owed: object }>(
    '/api/v1/statements/chem?from=2026-10-01',
  )
  assert.deepEqual(statement.total, { THB: '36' })
  assert.equal(statement.lines.length, 2)
  assert.deepEqual(statement.owed, { THB: '36' })
  assert.equal((await doors.ask('GET', '/api/v1/statements/chem?from=2026-02-30')).status, 400)
  assert.equal((await doors.ask('GET', '/api/v1/statements/chem?from=2026-11-01&to=2026-10-01')).status, 400)
})

test('200: what a usage would cost is told before it is used, and nothing is recorded', async () => {
  const { source: _, provider: __, ...would } = usage
  const before = (await list('/api/v1/records')).length
  const answer = await doors.ask('POST', '/api/v1/prices/rate', would)
  const body = answer.body as { total: object; outcome: string; payer: { payment: string }; lines: object[] }
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual([body.outcome, body.total, body.payer.payment], ['charged', { THB: '1' }, 'postpaid'])
  const free = await doors.ask('POST', '/api/v1/prices/rate', { ...would, service: 'other' })
  assert.equal((free.body as { outcome: string }).outcome, 'unpriced')
  assert.equal((await list('/api/v1/records')).length, before)
})

test('200: accounts and their entries, now and before a moment', async () => {
  const chem = `prj_${(await idOf('projects', 'chem')).replaceAll('-', '')}`
  const accounts = await list('/api/v1/accounts')
  const account = accounts.find(({ owner, kind }) => owner === chem && kind === 'unbilled_receivable')
  assert.equal(account?.posted, '36')
  const entries = await list(`/api/v1/accounts/${account?.id}/entries`)
  assert.ok(entries.length >= 1)
  const then = await read<{ balance: string }>(`/api/v1/accounts/${account?.id}?at=2020-01-01T00:00:00Z`)
  assert.equal(then.balance, '0')
  assert.equal((await doors.ask('GET', '/api/v1/accounts/acc_9999999/entries')).status, 404)
})

test('200: operations say who did what, and what was answered', async () => {
  const [charged] = await list('/api/v1/operations?command=charging.chargePage')
  const one = await read<{ principal: string; answer: { recorded: number }; wrote: object }>(
    `/api/v1/operations/${charged?.id}`,
  )
  assert.equal(one.principal, 'tester')
  assert.equal(one.answer.recorded, 4)
  assert.ok('charging.charges' in one.wrote)
  doors.be({ name: 'other', role: 'supervisor', parties: new Set(['x']) })
  assert.equal((await list('/api/v1/operations')).length, 0)
  assert.equal((await doors.ask('GET', `/api/v1/operations/${charged?.id}`)).status, 404)
})

test('200: whoever may look at one project sees nothing of another', async () => {
  const [own, other] = [await list('/api/v1/records?project=chem'), await list('/api/v1/records?project=oil')]
  const others = (await list('/api/v1/charges?project=oil')).map(({ id }) => id)
  const theirs = (await list('/api/v1/accounts')).find(({ posted }) => posted === '1')
  doors.be({
    name: 'ada',
    role: 'user',
    parties: new Set([await idOf('people', 'ada'), await idOf('projects', 'chem')]),
  })
  assert.deepEqual(
    (await list('/api/v1/records')).map(({ id }) => id),
    own.map(({ id }) => id),
  )
  assert.equal((await doors.ask('GET', `/api/v1/records/${own[0]?.id}`)).status, 200)
  assert.equal((await list('/api/v1/charges')).length, 6)
  assert.equal((await list('/api/v1/accounts')).length, 1)
  for (const path of [
    `records/${other[0]?.id}`,
    `records/${other[0]?.id}/explanation`,
    `charges/${others[0]}/explanation`,
    `accounts/${theirs?.id}`,
    'statements/oil',
    'charges?project=oil',
    'records?project=oil',
  ]) {
    assert.equal((await doors.ask('GET', `/api/v1/${path}`)).status, 404, path)
  }
  assert.equal(
    (
      await doors.ask('POST', '/api/v1/prices/rate', {
        ...usage,
        source: undefined,
        provider: undefined,
        project: 'oil',
      })
    ).status,
    404,
  )
  assert.equal((await doors.ask('GET', '/api/v1/quarantine')).status, 403)
  assert.equal((await doors.ask('POST', '/api/v1/quarantine/replay', {})).status, 403)
  const dismissal = { ids: ['qua_1'], reason: 'none' }
  assert.equal((await doors.ask('POST', '/api/v1/quarantine/dismiss', dismissal)).status, 403)
})

test('200: what waits in quarantine is listed, and replayed once the reason is gone', async () => {
  const bad = { ...usage, id: 'late', project: 'geo' }
  assert.equal(
    (await doors.ask('POST', '/api/v1/usage', { records: [bad, { ...bad, id: 'odd', quantities: {} }] })).status,
    200,
  )
  const waiting = await list('/api/v1/quarantine')
  assert.deepEqual(
    waiting.map(({ reason }) => reason.slice(0, 24)),
    ['quantities must NOT have', 'there is no project "geo'],
  )
  await importSheet(site.house, 'organisation,project\nlab,geo\n')
  const dry = await doors.ask('POST', '/api/v1/quarantine/replay', { dryRun: true })
  assert.deepEqual((dry.body as { replayed: number }).replayed, 1)
  const done = (await doors.ask('POST', '/api/v1/quarantine/replay', {})).body as {
    replayed: number
    stillWaiting: number
    amount: object
  }
  assert.deepEqual([done.replayed, done.stillWaiting, done.amount], [1, 1, { THB: '1' }])
  assert.equal((await list('/api/v1/quarantine')).length, 1)
})

test('200: what will never be read is dismissed once, and listed with the reason', async () => {
  const [left] = await list('/api/v1/quarantine')
  assert(left)
  const ask = (body: object, headers: Record<string, string> = {}) =>
    doors.ask('POST', '/api/v1/quarantine/dismiss', body, headers)
  assert.equal((await ask({ ids: [left['id']], reason: ' ' })).status, 400)
  const dismissal = { ids: [left['id']], reason: 'sent by mistake' }
  const done = await ask(dismissal, { 'idempotency-key': 'dismiss' })
  assert.deepEqual([done.status, done.body], [200, { dismissed: 1, reason: 'sent by mistake' }])
  assert.deepEqual((await ask(dismissal, { 'idempotency-key': 'dismiss' })).body, done.body)
  const again = await ask(dismissal)
  assert.deepEqual([again.status, (again.body as { detail: string }).detail], [404, `${left['id']}: not waiting.`])
  assert.deepEqual(await list('/api/v1/quarantine'), [])
  const shown = (await doors.ask('GET', '/api/v1/quarantine?dismissed=true')).body as {
    items: { id: string; dismissed: { reason: string } }[]
  }
  assert.deepEqual(
    shown.items.map(({ id, dismissed }) => [id, dismissed.reason]),
    [[left['id'], 'sent by mistake']],
  )
})
