import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { after, test } from 'node:test'
import { newMemory } from '../charging/memory-commands.ts'
import { assertBooksAgree, netOfCharges, newSite, type Site, zone } from '../charging/testing.ts'
import { rows } from '../database/reader.ts'
import { waiting } from '../metering/quarantine-commands.ts'
import { readAgain } from './again-stream.ts'
import { ingest } from './commands.ts'

const directory = mkdtempSync(join(tmpdir(), 'bursar-doubtful-'))
after(() => rmSync(directory, { recursive: true }))

let files = 0
/** Reads a file that says when it was measured. */
async function read({ house }: Site, content: string | Buffer, measured = '2026-11-21T09:00:00Z') {
  const path = join(directory, `${(files += 1)}`)
  writeFileSync(path, content)
  utimesSync(path, new Date(measured), new Date(measured))
  const signal = new AbortController().signal
  const settings = {
    principal: 'tester',
    unknown: 'create',
    chargeFrom: null,
    dryRun: false,
    cluster: undefined,
  } as const
  return await ingest(
    house,
    [path],
    { ...settings, format: 'auto', zone: 'UTC', signal, onPage: () => {} },
    newMemory(zone),
  )
}

async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  const site = await newSite()
  try {
    await work(site)
    await assertBooksAgree(site.house)
  } finally {
    await site.drop()
  }
}

const when = '1795000000|1795000000|1795003600|3600'

test('a job that writes values of its own into its name charges nobody by them', () =>
  withSite(async (site) => {
    const header = 'JobIDRaw|Cluster|JobName|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES'
    const forged = `1|lab|evil|astro|dave|COMPLETED|${when}|cpu=64\nx|physics|alice|COMPLETED|${when}|cpu=64`
    const result = await read(site, `${header}\n${forged}\n2|lab|ok|physics|alice|COMPLETED|${when}|cpu=1\n`)
    assert.deepEqual([result.recorded, result.quarantined], [1, 1])
    assert.deepEqual(await netOfCharges(site.house), ['physics lab 2026-11 THB 1'])
    assert.deepEqual(
      (await waiting(site.database.pool, 0n, 10)).map(({ line, raw }) => [line, raw]),
      [[2, forged]],
    )
  }))

test('a dump that is cut off charges nobody by its last line, and the whole one then charges what is right', async () => {
  const header = 'JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES'
  const job = (id: number) => `${id}|lab|physics|alice|COMPLETED|${when}|cpu=16,mem=512G`
  const whole = `${header}\n${job(1)}\n${job(2)}\n`
  const asCsv = (text: string) => text.replaceAll(/cpu=16,mem=5\d*G?/g, '"$&"').replaceAll('|', ',')
  for (const form of [(text: string) => text, asCsv, gzipSync]) {
    await withSite(async (site) => {
      const cut = await read(site, form(whole.slice(0, -3)), '2026-11-21T10:00:00Z')
      assert.deepEqual([cut.recorded, cut.quarantined], [1, 1])
      assert.match(cut.notes.join(), /the last line has no end, so it waits and charges nobody/)
      const [row] = await waiting(site.database.pool, 0n, 10)
      assert.ok(row)
      assert.deepEqual((await readAgain(row, undefined)).facts, [])
      assert.equal((await read(site, form(whole), '2026-11-21T09:00:00Z')).recorded, 1)
      assert.deepEqual(await netOfCharges(site.house), ['physics lab 2026-11 THB 544'])
    })
  }
})

test('of the job whose steps were cut off, what they used is not known until the whole dump says it', () =>
  withSite(async (site) => {
    const header = 'JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES|TotalCPU|AveRSS|NTasks'
    const job = `1|lab|physics|alice|COMPLETED|${when}|cpu=1|||`
    const step = (name: string) => `1.${name}|lab|physics||COMPLETED|${when}|cpu=1|00:10.000|1024K|1`
    const whole = `${header}\n${job}\n${step('batch')}\n${step('0')}\n`
    const used = async () =>
      await rows<{ used: string | null }>(
        site.database.pool,
        `select quantities ->> 'cpu_used_seconds' as used from metering.standing`,
      )
    await read(site, whole.slice(0, -6), '2026-11-21T10:00:00Z')
    assert.deepEqual(await used(), [{ used: null }])
    await read(site, whole, '2026-11-21T09:00:00Z')
    assert.deepEqual(await used(), [{ used: '20' }])
  }))
