import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { newMemory } from '../charging/memory-commands.ts'
import { assertBooksAgree, netOfCharges, newSite, type Site, zone } from '../charging/testing.ts'
import { waiting } from '../metering/quarantine-commands.ts'
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
