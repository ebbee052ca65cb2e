import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { answerOf, bursar, type Environment } from '../bursar.ts'
import { newSite, type Site } from './site.ts'

let site: Site
before(async () => {
  site = await newSite()
})
after(() => site.close())

const there = () => ({ BURSAR_URL: site.url, BURSAR_KEY: site.key })

async function said(environment: Environment, ...words: string[]): Promise<string> {
  const { code, out, err } = await bursar(words, environment)
  assert.equal(code, 0, err)
  return out
}

test('commands on credits ask another Bursar over HTTP', async () => {
  const say = (...words: string[]) => said(there(), ...words)
  const grant = ['grant', 'chem', '9', '--origin', 'gift']
  assert.match(await say(...grant, '--dry-run'), /Nothing was changed\..*9\.00 CREDIT/)
  assert.match(await say(...grant, '--key', 'once'), /9\.00 CREDIT available/)
  assert.match(await say(...grant, '--key', 'once'), /9\.00 CREDIT available/)
  assert.match(await say('move', '2', '--from', 'chem', '--to', 'dance'), /chem 7\.00 CREDIT/)
  assert.match(await say('limit', 'chem', '1'), /may owe 1\.00 CREDIT/)
  assert.match(await say('budget', 'set', 'chem', 'month', '5'), /5\.00 CREDIT/)
  assert.match(await say('budget', 'list', 'chem'), /month +20\d\d-\d\d-01 +5\.00/)
  assert.match(await say('balance', 'chem'), /CREDIT +7\.00 +0\.00 +8\.00 +0\.00 +1\.00/)
  const asked = { payer: 'chem', service: 'desk', amount: '3', minutes: 5 }
  const { id } = (await site.ask('POST', '/reservations', asked)).body
  assert.match(await say('reservations', '--payer', 'chem', '--state', 'held'), new RegExp(`${id} +held`))
  await site.ask('POST', `/reservations/${id}/settle`, { amount: '3' })
  assert.match(await say('refund', id, '--amount', '1', '--reason', 'a test'), /1\.00 CREDIT given back/)
  assert.match(
    await say('budget', 'end', 'chem', 'month', '--dry-run'),
    /^Nothing was changed\. Without --dry-run: chem/,
  )
  assert.match(await say('budget', 'list', 'chem'), /month +20/)
  assert.match(await say('budget', 'end', 'chem', 'month'), /no budget per month any more/)
})

test('what was charged, and why, is asked of another Bursar too, and told as on its database', async () => {
  const local = {
    DATABASE_URL: site.databaseUrl,
    BURSAR_DATA: mkdtempSync(join(tmpdir(), 'bursar-terminal-')),
    BURSAR_SEAL_KEY: site.house.keys.seal.secret.toString('hex'),
  }
  const [startsAt, endsAt] = ['2026-11-01T08:00:00Z', '2026-11-01T09:00:00Z']
  const usage = { id: 'job-1', project: 'bio', service: 'slurm', startsAt, endsAt }
  await site.ask('POST', '/usage', { ...usage, quantities: { cpu_core_seconds: '7200' } })
  const asked = { payer: 'dance', service: 'desk', amount: '1', minutes: 5 }
  await site.ask('POST', '/grants', { payer: 'dance', amount: '5', origin: 'gift' })
  const { id } = (await site.ask('POST', '/reservations', asked)).body
  await site.ask('POST', `/reservations/${id}/settle`, { amount: '1' })
  for (const words of [
    ['statement', '--project', 'bio'],
    ['statement', '--project', 'dance', '--from', '2026-11-01'],
    ['explain', 'api/job-1'],
    ['explain', id],
    ['parties', 'list'],
    ['parties', 'list', '--people'],
  ]) {
    const [here, far] = await Promise.all([said(local, ...words), said(there(), ...words)])
    assert.equal(far, here, words.join(' '))
    assert.deepEqual(await answerOf(words, there()), await answerOf(words, local), words.join(' '))
  }
  const prices = (await site.ask('GET', '/prices')).body.items
  for (const words of [
    ['prices', 'list'],
    ['prices', 'list', '--all', '--service', 'desk'],
    ['prices', 'show', prices[0]?.['id'] ?? ''],
    ['parties', 'list', '--csv'],
  ]) {
    assert.equal(await said(there(), ...words), await said(local, ...words), words.join(' '))
  }
  type Versions = { versions: object[] }
  const [here, far] = [
    await answerOf<Versions>(['prices', 'list'], local),
    await answerOf<Versions>(['prices', 'list'], there()),
  ]
  assert.ok(far.versions.length > 0)
  assert.partialDeepStrictEqual(here, far)
  const refused: [string[], number, RegExp][] = [
    [['explain', 'set_1'], 1, /There is no set_1\.\nbursar reservations lists/],
    [['explain', 'nothing'], 1, /^bursar: Nothing is known of “nothing”\.\nGive a charge/],
    [['explain', ''], 2, /is nothing to explain/],
    [['statement', '--project', 'nobody'], 1, /^bursar: There is no project “nobody”\.\nbursar parties list/],
    [['statement', '--project', ''], 2, /--project is blank/],
    [['prices', 'show', 'xx'], 1, /there is no price version xx\nbursar prices list --all/],
    [['prices', 'show', 'prc_1'], 1, /there is no price version prc_1\nbursar prices list --all/],
    [['approval', 'approve', 'x'], 1, /must be: approval must be an id/],
    [['approval', 'approve', 'apr_9'], 1, /^bursar: There is no approval apr_9\.\n/],
  ]
  for (const [words, code, told] of refused) {
    const ended = await Promise.all([bursar(words, local), bursar(words, there())])
    for (const { err, ...end } of ended) {
      assert.deepEqual([end.code, end.out], [code, ''], words.join(' '))
      assert.match(err, told)
    }
    assert.equal(ended[0]?.err, ended[1]?.err)
  }
  rmSync(local.BURSAR_DATA, { recursive: true })
})

test('without an address they do the same on the database', async () => {
  const data = mkdtempSync(join(tmpdir(), 'bursar-terminal-'))
  const { keys } = site.house
  const environment = {
    DATABASE_URL: site.databaseUrl,
    BURSAR_DATA: data,
    BURSAR_SEAL_KEY: keys.seal.secret.toString('hex'),
  }
  assert.match(await said(environment, 'grant', 'bio', '9', '--origin', 'gift'), /9\.00 CREDIT available/)
  const { items } = await answerOf<{ items: { posted: string }[] }>(['balance', 'bio'], environment)
  assert.deepEqual(
    items.map(({ posted }) => posted),
    ['9'],
  )
  const { DATABASE_URL, BURSAR_DATA, ...rest } = environment
  const place = ['--database-url', DATABASE_URL, '--data', BURSAR_DATA]
  const held = ['reservations', '--payer', 'bio', '--limit', '1', ...place]
  assert.deepEqual(await answerOf<unknown>(held, rest), { items: [], next: null })
  rmSync(data, { recursive: true })
})

test('what is refused ends with 1, wrong usage with 2, and says what to do', async () => {
  const much = await bursar(['refund', 'set_1', '--amount', '1', '--reason', 'x'], there())
  assert.deepEqual([much.code, much.err], [1, 'bursar: Nothing is known of “set_1”.\nNothing was changed.\n'])
  const wrong = await bursar(['grant', 'chem', '1e5', '--origin', 'gift'], there())
  assert.deepEqual([wrong.code, /amount must be an exact decimal/.test(wrong.err)], [2, true])
  for (const words of [
    ['grant', 'chem', '1', '--origin', 'gift', '--currency', ''],
    ['budget', 'list', ''],
    ['refund', 'set_1', '--amount', '1', '--reason', 'x', '--currency', 'THB'],
  ]) {
    const { code, out } = await bursar(words, there())
    assert.deepEqual([code, out], [2, ''], words.join(' '))
  }
  const nameless = await bursar(['key', 'create', '--name', 'x', '--role', 'service', '--principal', ''], there())
  assert.deepEqual([nameless.code, nameless.err.startsWith('bursar: principal must be')], [1, true])
  const local = await bursar(['rerate', '--reason', 'to see'], there())
  assert.deepEqual([local.code, /works on the database only, and BURSAR_URL says/.test(local.err)], [2, true])
  const half = await bursar(['balance'], { BURSAR_URL: site.url })
  assert.deepEqual([half.code, /BURSAR_KEY is not set/.test(half.err)], [2, true])
  const nobody = await bursar(['grant', 'chem', '1', '--origin', 'gift'], {
    ...there(),
    BURSAR_URL: 'http://127.0.0.1:9',
  })
  assert.deepEqual([nobody.code, /Ask the same again.*--key /.test(nobody.err)], [1, true])
})

test('of what may have been done nobody is told that it was not, but how to ask for it again', async () => {
  const asked: string[] = []
  const lost = createServer((request, response) => {
    asked.push(String(request.headers['idempotency-key']))
    response.writeHead(503, { 'content-type': 'application/problem+json' })
    response.end('{"type":"/problems/outcome-unknown","title":"The database was lost.","status":503}')
  })
  await once(lost.listen(0, '127.0.0.1'), 'listening')
  const elsewhere = { BURSAR_URL: `http://127.0.0.1:${(lost.address() as AddressInfo).port}`, BURSAR_KEY: 'bsr_x' }
  const granted = await bursar(['grant', 'chem', '1', '--origin', 'gift'], elsewhere)
  const remedy = `Ask the same again, with the same effect: --key ${asked[0]}`
  assert.deepEqual([granted.code, granted.err], [1, `bursar: The database was lost\n${remedy}\n`])
  const read = await bursar(['balance'], elsewhere)
  assert.deepEqual([read.code, read.err], [1, 'bursar: The database was lost\nAsk again later.\n'])
  lost.close()
})
