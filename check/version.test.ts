import { strict as assert } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { releasedMigrations } from './released.ts'
import { readTree } from './tree.ts'
import { withoutIdlePrefixes } from './catalogue.ts'
import { type Versions, versionFaults } from './version.ts'

const own = '2026.11.1'
const released: Versions = { own, lock: [own, own], changes: own, tags: [own] }

test('package, lockfile, top of the changes and tag say one version', () => {
  assert.deepEqual(versionFaults(released), [])
  assert.deepEqual(versionFaults({ ...released, tags: [] }), [])
  assert.deepEqual(versionFaults({ ...released, tags: ['demo-ready', own] }), [])
})

for (const [where, differing] of [
  ['package-lock.json', { lock: [own, '2026.11.0'] }],
  ['CHANGELOG.md', { changes: '2026.10.9' }],
  ['CHANGELOG.md', { changes: undefined }],
  ['git', { tags: ['v2026.11.1'] }],
  ['git', { tags: ['2026.11.2'] }],
] as const)
  test(`a version that differs in ${where} is told: ${JSON.stringify(differing)}`, () => {
    const faults = versionFaults({ ...released, ...differing })
    assert.equal(faults.length, 1)
    assert.ok(faults[0]?.startsWith(where), faults[0])
  })

for (const text of ['1.2.3', '2026.11', '2026.13.1', '2026.01.1', '2026.1.01', '2026.0.1'])
  test(`${text} is no version`, () => {
    assert.match(versionFaults({ own: text, lock: [text], changes: text, tags: [] })[0] ?? '', /is not YYYY\.M\.N/)
  })

test('a view of one table reads the same from every PostgreSQL, and a join keeps its prefixes', () => {
  const fifteen =
    ' SELECT transfers.id,\n    transfers.at\n   FROM ledger.transfers\nUNION ALL\n SELECT t.id,\n    t.at\n   FROM ledger.transfers t;'
  const eighteen =
    ' SELECT id,\n    at\n   FROM ledger.transfers\nUNION ALL\n SELECT id,\n    at\n   FROM ledger.transfers t;'
  assert.equal(withoutIdlePrefixes(fifteen), eighteen)
  assert.equal(withoutIdlePrefixes(eighteen), eighteen)
  const join =
    ' SELECT r.id,\n    i.version\n   FROM (metering.identities i\n     JOIN metering.records r ON ((r.id = i.record)));'
  assert.equal(withoutIdlePrefixes(join), join)
})

test('a migration that was released may not change, and a new one may come', () => {
  const root = mkdtempSync(join(tmpdir(), 'bursar-check-'))
  const write = (path: string, text: string) => writeFileSync(join(root, path), text)
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...words], { cwd: root })
  try {
    mkdirSync(join(root, 'migrations'))
    write('migrations/0001_ledger.sql', 'create schema ledger;\n')
    git('init', '-q')
    git('add', '.')
    git('commit', '-q', '-m', 'one')
    assert.equal(releasedMigrations(readTree(root)).note, 'nothing released yet')
    git('tag', own)
    write('migrations/0002_ledger.sql', 'create table ledger.accounts (id bigint);\n')
    assert.deepEqual(releasedMigrations(readTree(root)).faults, [])
    write('migrations/0001_ledger.sql', 'create schema ledger; -- and more\n')
    assert.match(
      releasedMigrations(readTree(root)).faults[0] ?? '',
      /^migrations\/0001_ledger\.sql: it was released with 2026\.11\.1/,
    )
  } finally {
    rmSync(root, { recursive: true })
  }
})
