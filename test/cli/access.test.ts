import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { answerOf, begin, bursar, type Environment } from '../bursar.ts'
import { type FreshDatabase, freshDatabase } from '../../src/database/testing.ts'
import { tablesWith } from '../tables-with.ts'

let fresh: FreshDatabase
let home: string
let environment: Environment
before(async () => {
  fresh = await freshDatabase()
  home = mkdtempSync(join(tmpdir(), 'bursar-access-'))
  environment = { DATABASE_URL: fresh.url, BURSAR_DATA: home, BURSAR_PORT: '0' }
})
after(async () => {
  await fresh.drop()
  rmSync(home, { recursive: true })
})

/** Whoever is not there is told of in one way, whatever was asked and where. */
const nobodyToName: readonly string[][] = [
  ['person', 'link', 'nope', '--source', '*', '--name', 'x'],
  ['person', 'erase', 'nope'],
  ['person', 'erase', 'nope', '--dry-run'],
  ['key', 'create', '--name', 'x', '--role', 'user', '--person', 'nope'],
]
const noPerson = 'bursar: There is no person “nope”.\nbursar parties list --people shows the people that there are.\n'
async function nobodyIsThere(wherever: Environment): Promise<void> {
  for (const words of nobodyToName) {
    const { code, out, err } = await bursar(words, wherever)
    assert.deepEqual([code, out, err], [1, '', noPerson], words.join(' '))
  }
  const id = `per_${'0'.repeat(32)}`
  const { err } = await bursar(['person', 'link', id, '--source', '*', '--name', 'x'], wherever)
  assert.equal(err, noPerson.replace('nope', id))
}

type Listed = { readonly keys: readonly { id: string; name: string; role: string; revokedAt: string | null }[] }

/** Starts a server, does something with its address, stops it. */
async function served<Result>(work: (url: string, said: string) => Promise<Result>): Promise<Result> {
  const running = begin(['serve'], { ...environment, BURSAR_LOG_LEVEL: 'trace' })
  const said = await running.said(/listens on (\S+)[\s\S]*Ctrl-C/)
  try {
    return await work(/listens on (\S+)/.exec(said)?.[1] ?? '', said)
  } finally {
    running.child.kill('SIGINT')
    const { err } = await running.ended
    assert.doesNotMatch(err, /bsr_\w{8}_/, 'no key is in the log')
  }
}

test('the first start prints an admin key, once, and not in the log; the key opens the doors', async () => {
  const key = await served(async (url, said) => {
    const found = /bsr_\w{8}_\w{43}/.exec(said)?.[0] ?? ''
    const answer = await fetch(`${url}/api/v1/keys`, { headers: { authorization: `Bearer ${found}` } })
    assert.equal(answer.status, 200)
    const query = await fetch(`${url}/api/v1/keys?cursor=${found}`)
    assert.equal(query.status, 401)
    return found
  })
  await served(async (_, said) => assert.doesNotMatch(said, /bsr_/))
  const { keys } = await answerOf<Listed>(['key', 'list'], environment)
  assert.deepEqual(
    keys.map(({ role }) => role),
    ['admin'],
  )
  assert.equal((await bursar(['key', 'revoke', key], environment)).code, 0)
  await served(async (_, said) => assert.doesNotMatch(said, /bsr_/))
})

test('a key is made, listed and revoked, and wrong wishes are refused with a remedy', async () => {
  const made = await answerOf<{ id: string; secret: string }>(
    ['key', 'create', '--name', 'prolog', '--role', 'service', '--expires', '30d'],
    environment,
  )
  assert.match(made.secret, /^bsr_/)
  const shown = await bursar(['key', 'list'], environment)
  assert.match(shown.out, /prolog/)
  assert.ok(!shown.out.includes(made.secret))
  assert.deepEqual(await answerOf(['key', 'revoke', made.id], environment), { revoked: [made.id] })
  assert.deepEqual(await answerOf(['key', 'revoke', made.id], environment), { revoked: [] })
  const wrong: [string[], number, RegExp][] = [
    [['key', 'create', '--name', 'x', '--role', 'boss'], 2, /is no role/],
    [['key', 'create', '--name', 'x', '--role', 'user'], 1, /--person|per_…/],
    [['key', 'create', '--name', 'x', '--role', 'service', '--project', 'nowhere'], 1, /no project “nowhere”/],
    [['key', 'create', '--name', 'x', '--role', 'service', '--expires', '2020-01-01'], 2, /in the past/],
    [['key', 'create', '--name', 'x', '--role', 'service', '--expires', 'soon'], 2, /no date/],
    [['key', 'create', '--name', 'x', '--role', 'service', '--principal', 'local'], 1, /house itself/],
    [['key', 'revoke', 'key_1'], 1, /there is no key key_1/],
  ]
  for (const [words, code, told] of wrong) {
    const ended = await bursar(words, environment)
    assert.deepEqual([ended.code, ended.out], [code, ''], words.join(' '))
    assert.match(ended.err, told)
  }
  await nobodyIsThere(environment)
})

test('a person is linked, then erased: no name is left, no key opens, and the books still prove themselves', async () => {
  const sheet = join(home, 'people.csv')
  writeFileSync(sheet, 'organisation,project,person,email\nscience,chem,somchai,somchai@example.ac.th\n')
  await answerOf(['parties', 'import', sheet], environment)
  const dump = join(home, 'dump.psv')
  writeFileSync(
    dump,
    `JobIDRaw|Cluster|Account|User|Partition|State|Submit|Start|End|ElapsedRaw|AllocTRES
7|lab|chem|somchai|batch|COMPLETED|2026-11-01T00:00:00|2026-11-01T00:00:00|2026-11-01T01:00:00|3600|cpu=2,mem=4G,node=1
8|lab|chem|somchai|batch|COMPLETED|broken|2026-11-01T00:00:00|2026-11-01T01:00:00|3600|cpu=2
`,
  )
  await answerOf(['ingest', 'slurm', dump], environment)
  const link = ['person', 'link', 'somchai', '--source', 'jwt:https://login.example.org', '--name', 'sub-somchai-1']
  const { linked } = await answerOf<{ linked: boolean }>(link, environment)
  assert.equal(linked, true)
  assert.equal((await answerOf<{ linked: boolean }>(link, environment)).linked, false)
  const create = ['key', 'create', '--name', 'laptop of somchai', '--role', 'user', '--person', 'somchai']
  const key = await answerOf<{ principal: string }>(create, environment)
  assert.match(key.principal, /^per_/)

  const tried = await answerOf<object>(['person', 'erase', 'somchai', '--dry-run'], environment)
  const names = ['somchai', 'somchai@example.ac.th', 'sub-somchai-1']
  const expected = { person: key.principal, dryRun: true, names, keys: 1, records: 1, quarantined: 1, waiting: 1 }
  assert.deepEqual(tried, expected)
  const erased = await answerOf<object>(['person', 'erase', 'somchai'], environment)
  assert.deepEqual(erased, { dryRun: false, person: key.principal, records: 1, quarantined: 1, keys: 1 })

  assert.deepEqual(await traces('somchai'), [])
  const { code, out } = await bursar(['verify'], environment)
  assert.equal(code, 0, out)
  assert.equal((await bursar(['person', 'erase', 'somchai'], environment)).code, 1)
})

test('the same commands over HTTP, where BURSAR_URL and BURSAR_KEY say so, answer the same', async () => {
  const admin = await answerOf<{ secret: string }>(['key', 'create', '--name', 'boss', '--role', 'admin'], environment)
  const sheet = join(home, 'more.csv')
  writeFileSync(sheet, 'organisation,project,person,email\nscience,optics,napat,\n')
  await answerOf(['parties', 'import', sheet], environment)
  await served(async (url) => {
    const remote = { BURSAR_URL: url, BURSAR_KEY: admin.secret }
    const create = ['key', 'create', '--name', 'far', '--role', 'user', '--person', 'napat', '--project', 'optics']
    const made = await answerOf<{ id: string }>(create, remote)
    const [here, there] = [
      await answerOf<Listed>(['key', 'list'], environment),
      await answerOf<Listed>(['key', 'list'], remote),
    ]
    assert.deepEqual(
      there.keys.map(({ id }) => id),
      here.keys.map(({ id }) => id),
    )
    assert.deepEqual(await answerOf(['key', 'revoke', made.id], remote), { revoked: [made.id] })
    const linked = await answerOf<object>(['person', 'link', 'napat', '--source', 'api:x', '--name', 'n.p'], remote)
    assert.equal((linked as { linked: boolean }).linked, true)
    const tried = await answerOf<{ names: string[] }>(['person', 'erase', 'napat', '--dry-run'], remote)
    assert.deepEqual(tried.names, ['n.p', 'napat'])
    const erased = await answerOf<object>(['person', 'erase', 'napat'], remote)
    assert.deepEqual(Object.keys(erased), ['person', 'dryRun', 'records', 'quarantined', 'keys'])
    await nobodyIsThere(remote)
    const wrong = await bursar(['key', 'list'], { ...remote, BURSAR_KEY: made.id })
    assert.equal(wrong.code, 1)
    assert.match(wrong.err, /neither a key/)
    const nowhere = await bursar(['key', 'list'], { ...remote, BURSAR_URL: 'http://127.0.0.1:9' })
    assert.match(nowhere.err, /no Bursar answers/)
  })
})

/** Tables that still hold the word, of all there are. */
const traces = (word: string): Promise<string[]> => tablesWith(fresh.database.pool, word)
