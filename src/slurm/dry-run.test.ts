import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, test } from 'node:test'
import { newMemory } from '../charging/memory-commands.ts'
import { assertBooksAgree, newSite, tracesIn, zone } from '../charging/testing.ts'
import type { House } from '../operations/house.ts'
import { ingest } from './commands.ts'

const directory = mkdtempSync(join(tmpdir(), 'bursar-dry-run-'))
after(() => rmSync(directory, { recursive: true }))

const [dump, billing] = ['all-fields-duplicates', 'billing'].map((name) =>
  fileURLToPath(new URL(`../../test/fixtures/slurm/real/sacct/${name}.psv`, import.meta.url)),
) as [string, string]

const read = (house: House, files: readonly string[], dryRun: boolean) => {
  const signal = new AbortController().signal
  const how = { principal: 'tester', unknown: 'create', chargeFrom: null, format: 'auto', cluster: undefined } as const
  return ingest(house, files, { ...how, zone: 'UTC', dryRun, signal, onPage: () => {} }, newMemory(zone))
}

let files = 0
/** A file that says when it was measured. */
function file(content: string, measured = '2026-11-21T09:00:00Z'): string {
  const path = join(directory, `${(files += 1)}`)
  writeFileSync(path, content)
  utimesSync(path, new Date(measured), new Date(measured))
  return path
}

const counts = ({ amounts: _, ...all }: Awaited<ReturnType<typeof read>>) => all

test('a dry run on a new house says what a run would do, and leaves no trace', async (t) => {
  const site = await newSite()
  t.after(() => site.drop())
  const traces = await tracesIn(site.house)
  const dry = await read(site.house, [dump, billing], true)
  assert.deepEqual(await tracesIn(site.house), traces)
  const done = await read(site.house, [dump, billing], false)
  assert.deepEqual([counts(dry), dry.amounts], [counts(done), done.amounts])
})

test('a dry run knows what the input says twice, what it corrects, and what tiers make of the month', async (t) => {
  const site = await newSite(`prices:
  - { service: slurm, component: month, from: 2020-01-01, currency: EUR, quantity: cpu_core_seconds, base: period, included: 1000, flat: { price: 1 } }
`)
  t.after(() => site.drop())
  const header = 'JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES'
  const job = (id: number, seconds: number, running = false) =>
    `${id}|demo|physics|alice|${running ? 'RUNNING' : 'COMPLETED'}|1787000000|1787000000|` +
    `${running ? 'Unknown' : 1787000000 + seconds}|${seconds}|cpu=1`
  const first = [header, job(1, 3600), job(2, 60, true), job(1, 3600), job(3, 7200)]
  const later = [header, job(1, 3600), job(2, 3600), job(3, 7205)]
  const dumps = [file(`${first.join('\n')}\n`), file(`${later.join('\n')}\n`, '2026-11-21T10:00:00Z')]
  const traces = await tracesIn(site.house)
  const dry = await read(site.house, dumps, true)
  assert.deepEqual(await tracesIn(site.house), traces)
  const done = await read(site.house, dumps, false)
  assert.deepEqual([counts(dry), dry.amounts, dry.trueUps], [counts(done), done.amounts, done.trueUps])
  assert.deepEqual([done.recorded, done.corrected, done.trueUps], [3, 2, 1])
  assert.equal(done.amounts.get('EUR'), (3600n + 3600n + 7205n - 1000n) * 1_000_000_000n)
  await assertBooksAgree(site.house)
})
