import { strict as assert } from 'node:assert'
import { test } from 'node:test'
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
