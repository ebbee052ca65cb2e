import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lastHead } from '../audit/heads.ts'
import { write } from '../audit/testing.ts'
import { charge, fact, flatPrice, importSheet, setBook, type Site } from '../charging/testing.ts'
import { proveBooks } from './commands.ts'
import { bookkeeping, dropConstraints, keepAll, sealAll } from './testing.ts'

let site: Site
let directory: string
before(async () => {
  site = await bookkeeping()
  directory = mkdtempSync(join(tmpdir(), 'bursar-verify-'))
  mkdirSync(join(directory, 'keys'))
  writeFileSync(join(directory, 'keys', 'seal.key'), site.house.keys.seal.secret.toString('hex'))
  const pem = site.house.keys.head.secret.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(directory, 'keys', 'head.key'), pem)
})
after(async () => {
  rmSync(directory, { recursive: true, force: true })
  await site.drop()
})

async function bursarVerify(words: readonly string[] = []) {
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: site.url,
    BURSAR_DATA: directory,
    BURSAR_ZONE: site.house.zone,
  }
  const child = spawn(process.execPath, [join(import.meta.dirname, '../cli.ts'), 'verify', ...words], { env })
  let [out, err] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

type Answer = { ok: boolean; checks: { name: string; ok: boolean; detail: string }[] }

test('books that hold every kind of row are proved', async () => {
  const checks = await Array.fromAsync(proveBooks(site.house))
  assert.deepEqual(
    checks.filter(({ ok }) => !ok),
    [],
  )
  assert.ok(checks.length > 15)
  const again = await Array.fromAsync(proveBooks(site.house))
  assert.deepEqual(
    again.map(({ name }) => name),
    checks.map(({ name }) => name),
    'in the same order every time',
  )
  assert.ok(checks.every(({ milliseconds }) => Number.isSafeInteger(milliseconds)))
  assert.deepEqual(
    checks.filter(({ detail }) => /(?<![\d.,])1 [a-z]+s\b/.test(detail)),
    [],
    'of one thing in the singular',
  )
})

test('a tier that a project has no longer explains its charges all the same', async () => {
  await importSheet(site.house, 'organisation,tier,project\nfaculty,gov,biology\n')
  await setBook(site.house, `prices:\n${flatPrice('cpu', '7', 'cpu_core_seconds', ', tier: gov')}\n`)
  await charge(site, [fact({ projectName: 'biology' })])
  await importSheet(site.house, 'organisation,tier,project\nfaculty,mu,biology\n')
  const checks = await Array.fromAsync(proveBooks(site.house))
  assert.deepEqual(
    checks.filter(({ ok }) => !ok),
    [],
  )
  const again = checks.find(({ name }) => name === 'rating again gives the same charges')
  assert.match(again?.detail ?? '', /records, 1 of them for a tier that their project had before$/)
})

test('the command says each check and ends with 0, and with 1 where one fails', async () => {
  copyFileSync(site.house.keys.headsFile, join(directory, 'heads.jsonl'))
  const good = await bursarVerify()
  assert.equal(good.code, 0, good.out + good.err)
  assert.match(good.out, /^ok {6}balances are the sums of their entries: \d+ accounts/m)
  assert.match(good.out, /^The books are proved: \d+ checks in/m)
  await write(
    site.house,
    `update ledger.accounts set posted = posted + 1 where id = (select min(id) from ledger.accounts)`,
  )
  const bad = await bursarVerify(['--json'])
  await write(
    site.house,
    `update ledger.accounts set posted = posted - 1 where id = (select min(id) from ledger.accounts)`,
  )
  assert.equal(bad.code, 1)
  const { ok, checks } = JSON.parse(bad.out) as Answer
  assert.equal(ok, false)
  assert.match(
    checks.find(({ name }) => name === 'balances are the sums of their entries')?.detail ?? '',
    /^ledger\.accounts acc_\d+, op_\d+, last moved by op_\d+: its balance is [\d.]+, and its entries come to [\d.]+$/,
  )
})

test('once proved, what waits is sealed and its head published', async () => {
  await charge(site, [fact()])
  assert.equal((await bursarVerify()).code, 0)
  const answer = JSON.parse((await bursarVerify(['--json'])).out) as Answer
  assert.match(answer.checks.find(({ name }) => name.includes('sealed once'))?.detail ?? '', /, 0 wait for the sealer/)
})

test('a cut tail is whole in itself, and seen with a head that was kept elsewhere', async () => {
  const kept = await keepAll(site.house)
  await charge(site, [fact(), fact({ projectName: 'chemistry' })])
  await sealAll(site.house)
  const head = join(directory, 'kept.jsonl')
  copyFileSync(site.house.keys.headsFile, head)
  assert.equal((await bursarVerify(['--head', head])).code, 0)
  await dropConstraints(site.house)
  await kept.restore(kept.tables)
  const checks = await Array.fromAsync(proveBooks(site.house))
  assert.deepEqual(
    checks.filter(({ ok }) => !ok),
    [],
  )
  const { code, out } = await bursarVerify(['--head', head])
  assert.equal(code, 1)
  assert.match(out, /FAILED {2}the chain holds the published head: .*block \d+ was published: its tail was cut off/)
  assert.ok(lastHead(head) && readFileSync(head, 'utf8').length > 0)
})

test('a file without a head is refused by name', async () => {
  const { code, err } = await bursarVerify(['--head', join(directory, 'none.jsonl')])
  assert.equal(code, 1)
  assert.match(err, /There is no file .*none\.jsonl/)
  const inside = await bursarVerify(['--head', directory])
  assert.deepEqual([inside.code, /is a directory\.\nName a copy/.test(inside.err)], [1, true], inside.err)
})
