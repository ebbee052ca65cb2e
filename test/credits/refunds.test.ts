import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { proveBooks } from '../../src/proof/commands.ts'
import { newSite, type Site } from './site.ts'

let site: Site
before(async () => {
  site = await newSite()
})
after(() => site.close())

const ask = (...asked: Parameters<Site['ask']>) => site.ask(...asked)
const refund = (of: string, amount: string, more: object = {}) =>
  ask('POST', '/refunds', { of, amount, reason: 'a node failed', ...more })
const grant = (payer: string, amount: string, expiresAt?: string) =>
  ask('POST', '/grants', { payer, amount, origin: 'gift', ...(expiresAt && { expiresAt }) })

async function spend(payer: string, amount: string): Promise<{ reservation: string; charge: string }> {
  const { body } = await ask('POST', '/reservations', { payer, service: 'desk', amount, minutes: 5 })
  const settled = await ask('POST', `/reservations/${body.id}/settle`, { amount })
  return { reservation: body.id, charge: String(settled.body['charge']) }
}

type Lot = { expiresAt: string; posted: string }
async function walletOf(payer: string) {
  const wallet = (await ask('GET', `/wallets?payer=${payer}`)).body.items[0] as unknown as {
    posted: string
    lots: Lot[]
  }
  return [wallet.posted, ...wallet.lots.map(({ expiresAt, posted }) => `${posted} until ${expiresAt.slice(0, 4)}`)]
}

test('201: what comes back is undated first, then of the last to expire, and no more than was paid', async () => {
  const { anna } = site.ids
  await grant(anna, '2')
  await grant(anna, '3', '2098-01-01T00:00:00Z')
  await grant(anna, '4', '2099-01-01T00:00:00Z')
  const { charge, reservation } = await spend(anna, '8')
  assert.deepEqual(await walletOf(anna), ['1'])
  const tried = await refund(charge, '1', { dryRun: true })
  assert.deepEqual([tried.status, (await walletOf(anna))[0]], [200, '1'])
  assert.equal((await refund(charge, '1')).status, 201)
  assert.deepEqual(await walletOf(anna), ['2'])
  assert.equal((await refund(reservation, '5')).status, 201)
  assert.deepEqual(await walletOf(anna), ['7', '1 until 2098', '4 until 2099'])
  const blank = await refund(charge, '1', { reason: ' \t ' })
  assert.deepEqual(
    [blank.status, (blank.body['issues'] as unknown as { field: string }[])[0]?.field],
    [400, 'body.reason'],
  )
  const over = await refund(charge, '2.5')
  assert.deepEqual([over.status, over.body.type, over.body.left], [409, '/problems/refund-exceeds-paid', '2'])
})

test('201: what comes back to credits whose time is over expires in the same operation', async () => {
  const { sci } = site.ids
  const at = new Date(Date.now() + 1_500)
  await grant(sci, '3', at.toISOString())
  const { charge } = await spend(sci, '2')
  await sleep(at.getTime() - Date.now() + 20)
  assert.equal((await refund(charge, '2')).status, 201)
  assert.deepEqual(await walletOf(sci), ['0'])
})

test('200: what ran out is told as expired before it is posted, so that a statement adds up at every moment', async () => {
  const at = new Date(Date.now() + 400)
  await grant('dance', '3', at.toISOString())
  await sleep(at.getTime() - Date.now() + 20)
  const { wallets } = (await ask('GET', '/statements/dance')).body as unknown as { wallets: Record<string, string>[] }
  const [{ granted, expired, posted } = {}] = wallets
  assert.deepEqual([granted, expired, posted], ['3', '3', '0'])
})

test('201: of several refunds at once no more goes back than was paid', async () => {
  await grant('dance', '5')
  const { charge } = await spend('dance', '5')
  const told = await Promise.all(Array.from({ length: 8 }, () => refund(charge, '1')))
  assert.deepEqual(
    told.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 201, 201, 201, 201, 409, 409, 409],
  )
})

test('201: charges of usage records go back to what paid them: a wallet, or what is not billed yet', async () => {
  await grant('chem', '10')
  for (const [project, id] of [
    ['chem', 'job-1'],
    ['bio', 'job-2'],
  ]) {
    const [startsAt, endsAt] = ['2026-11-01T08:00:00Z', '2026-11-01T09:00:00Z']
    const usage = { id, project, service: 'slurm', startsAt, endsAt, quantities: { cpu_core_seconds: '7200' } }
    const recorded = await ask('POST', '/usage', usage)
    const record = String((recorded.body.items[0] as { record?: string }).record)
    const told = await Promise.all(Array.from({ length: 4 }, () => refund(record, '0.75')))
    assert.deepEqual(
      told.map(({ status }) => status).toSorted((a, b) => a - b),
      [201, 201, 409, 409],
      JSON.stringify(told),
    )
    assert.equal((await refund(record, '0.5', { dryRun: true })).status, 200)
  }
  assert.deepEqual(await walletOf('chem'), ['9.5'])
  const { total, refunded, owed } = (await ask('GET', '/statements/bio')).body
  assert.deepEqual([total, refunded, owed], [{ CREDIT: '2' }, { CREDIT: '1.5' }, { CREDIT: '0.5' }])
})

test('404: nothing is given back of what is not there', async () => {
  for (const what of ['set_1', 'res_1', 'chg_1', 'rec_1', 'nothing'])
    assert.equal((await refund(what, '1')).status, 404)
})

test('201: what was refunded of a record is taken back when a correction gives back all of it', async () => {
  await grant('dance', '10')
  const before = Number((await walletOf('dance'))[0])
  const [startsAt, endsAt] = ['2026-11-01T08:00:00Z', '2026-11-01T10:00:00Z']
  const usage = { id: 'job-twice', project: 'dance', service: 'slurm', startsAt, endsAt }
  const recorded = await ask('POST', '/usage', { ...usage, quantities: { cpu_core_seconds: '7200' } })
  const record = String((recorded.body.items[0] as { record?: string }).record)
  const charged = before - Number((await walletOf('dance'))[0])
  assert(charged > 0)
  assert.equal((await refund(record, String(charged / 2))).status, 201)
  const corrected = await ask('POST', '/usage', { ...usage, quantities: { cpu_core_seconds: '0' } })
  assert.equal(corrected.status, 200)
  assert.equal(Number((await walletOf('dance'))[0]), before)
  const stands = String((corrected.body.items[0] as { record?: string }).record)
  const superseded = await refund(record, '1')
  assert.deepEqual([superseded.status, superseded.body.left], [409, '0'])
  assert.match(superseded.body.detail, new RegExp(`${record} was corrected.*${stands} stands in its place`))
  const free = await refund(stands, '1')
  assert.deepEqual([free.status, /Nothing is paid for rec_\d+/.test(free.body.detail)], [409, true])
})

test('201: what is refunded counts no more in the budgets of the day, the month and in all', async () => {
  await grant('bio', '20')
  await ask('PUT', '/budgets/bio/day', { amount: '10' })
  await ask('PUT', `/budgets/${site.ids.sci}/month`, { amount: '10' })
  const { reservation } = await spend('bio', '6')
  await ask('PUT', '/budgets/bio/total', { amount: '10' })
  const late = await spend('bio', '3')
  const used = async () => {
    const { items } = (await ask('GET', '/budgets')).body as unknown as { items: { span: string; used: string }[] }
    return Object.fromEntries(items.map((budget) => [budget.span, budget.used]))
  }
  assert.deepEqual(await used(), { day: '9', month: '9', total: '3' })
  assert.equal((await refund(reservation, '4')).status, 201)
  assert.deepEqual(await used(), { day: '5', month: '5', total: '3' })
  assert.equal((await refund(late.charge, '3')).status, 201)
  assert.deepEqual(await used(), { day: '2', month: '2', total: '0' })
})

test('200: what is refunded of a record counts no more for the person who used it, nor once more when it is corrected', async () => {
  await ask('PUT', `/budgets/${site.ids.anna}/day`, { amount: '10' })
  const [startsAt, endsAt] = ['2026-11-01T08:00:00Z', '2026-11-01T10:00:00Z']
  const usage = { id: 'job-anna', project: 'chem', person: 'anna', service: 'slurm', startsAt, endsAt }
  const recorded = await ask('POST', '/usage', { ...usage, quantities: { cpu_core_seconds: '14400' } })
  const record = String((recorded.body.items[0] as { record?: string }).record)
  const used = async () => (await ask('GET', `/budgets?payer=${site.ids.anna}`)).body.items[0]?.['used']
  assert.equal(await used(), '4')
  assert.equal((await refund(record, '1')).status, 201)
  assert.equal(await used(), '3')
  await ask('POST', '/usage', { ...usage, quantities: { cpu_core_seconds: '7200' } })
  assert.equal(await used(), '2')
})

test('the books are proved after all of it', async () => {
  const faults: string[] = []
  for await (const { ok, name, detail } of proveBooks(site.house)) if (!ok) faults.push(`${name}: ${detail}`)
  assert.deepEqual(faults, [])
})
