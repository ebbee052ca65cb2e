import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { after, test } from 'node:test'
import { fixture, jobLabelled } from '../../test/slurm.ts'
import { newMemory } from '../charging/memory-commands.ts'
import { replay } from '../charging/replay-commands.ts'
import {
  assertBooksAgree,
  chargedNet,
  naiveNet,
  netOfCharges,
  newSite,
  type Site,
  tracesIn,
  zone,
} from '../charging/testing.ts'
import { openPool } from '../database/pool.ts'
import { rows } from '../database/reader.ts'
import { waiting } from '../metering/quarantine-commands.ts'
import type { House } from '../operations/house.ts'
import { readAgain } from './again-stream.ts'
import { ingest, type IngestSettings } from './commands.ts'

const directory = mkdtempSync(join(tmpdir(), 'bursar-ingest-'))
after(() => rmSync(directory, { recursive: true }))

const real = (name: string) => fileURLToPath(new URL(`../../test/fixtures/slurm/real/${name}`, import.meta.url))
const dump = real('sacct/all-fields-duplicates.psv')

const read = (house: House, files: readonly string[], more: Partial<IngestSettings> = {}) =>
  ingest(
    house,
    files,
    {
      principal: 'tester',
      unknown: 'create',
      chargeFrom: null,
      dryRun: false,
      format: 'auto',
      cluster: undefined,
      zone: 'UTC',
      signal: new AbortController().signal,
      onPage: () => {},
      ...more,
    },
    newMemory(zone),
  )

let files = 0
/** A file that says when it was measured. */
function file(content: string | Buffer, measured = '2026-11-21T09:00:00Z'): string {
  const path = join(directory, `${(files += 1)}`)
  writeFileSync(path, content)
  utimesSync(path, new Date(measured), new Date(measured))
  return path
}

async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  const site = await newSite()
  try {
    await work(site)
    await assertBooksAgree(site.house)
    assert.deepEqual(await chargedNet(site.house), await naiveNet(site.house), 'Σ usage × price = Σ charges')
  } finally {
    await site.drop()
  }
}

const counts = ({
  read: jobs,
  recorded,
  duplicates,
  corrected,
  quarantined,
  charged,
  pending,
}: Awaited<ReturnType<typeof read>>) => ({ jobs, recorded, duplicates, corrected, quarantined, charged, pending })

/** What the real dump comes to, read once in one piece. */
let once: readonly string[] = []

test('the real dump becomes charges that a calculation by hand agrees with', () =>
  withSite(async (site) => {
    const result = await read(site.house, [dump])
    assert.deepEqual(counts(result), {
      jobs: 57,
      recorded: 57,
      duplicates: 0,
      corrected: 0,
      quarantined: 0,
      charged: result.charged,
      pending: 1,
    })
    once = await netOfCharges(site.house)
    assert.ok(once.length >= 3)
    const traces = await tracesIn(site.house)
    const again = await read(site.house, [dump])
    assert.deepEqual([again.recorded, again.duplicates, again.charged, again.amounts.size], [0, 57, 0, 0])
    assert.deepEqual(await tracesIn(site.house), traces)
  }))

test('text and then JSON of one period, or the other way round: the second records nothing', async () => {
  for (const order of [
    [dump, real('sacct/all.json')],
    [real('sacct/all.json'), dump],
    [real('sacct/billing.psv'), real('rest/slurmdb-jobs-no-steps.json'), dump],
    [dump, real('sacct/billing.psv')],
  ]) {
    await withSite(async (site) => {
      const [first, ...others] = order as [string, ...string[]]
      assert.equal((await read(site.house, [first])).recorded, 57)
      for (const other of others) {
        const result = await read(site.house, [other])
        assert.deepEqual([result.recorded, result.quarantined], [0, 0])
        // Another format may know more of a job (used memory, an exit code), and none of that is priced here.
        assert.deepEqual(
          [...result.amounts.values()].filter((nanos) => nanos !== 0n),
          [],
        )
      }
      assert.deepEqual(await netOfCharges(site.house), once)
    })
  }
})

/** Its rows, one a job (no steps), under the header. */
const [header = '', ...jobs] = fixture('real/sacct/billing.psv').toString().trimEnd().split('\n')
const pieceOf = (lines: readonly string[]) => file(`${[header, ...lines].join('\n')}\n`)

test('shuffled, in overlapping pieces, from two processes at once: the same net as once in order', () =>
  withSite(async (site) => {
    const shuffled = [...jobs].sort((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1))
    const pieces = Array.from({ length: 12 }, (_, at) => pieceOf(shuffled.slice(at * 5, at * 5 + 17)))
    const pool = openPool(site.url, 5)
    try {
      const second: House = { ...site.house, database: { ...site.database, pool } }
      const results = await Promise.all([
        read(site.house, [...pieces, ...pieces.slice(0, 3)]),
        read(second, [...pieces].reverse()),
        read(second, [pieceOf([...shuffled].reverse())]),
      ])
      assert.equal(
        results.reduce((sum, { recorded }) => sum + recorded, 0),
        57,
      )
      assert.deepEqual(await netOfCharges(site.house), once)
    } finally {
      await pool.end()
    }
  }))

/** Some order that is no order, and the same every time. */
const hashOf = (text: string) => [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1_000_003, 7)

test('a record that changes after it was final is corrected, and the net is the same in every order', async () => {
  const id = jobLabelled('plain')
  const original = jobs.find((line) => line.startsWith(`${id}|`)) as string
  const cells = original.split('|')
  const at = (name: string) => header.split('|').indexOf(name)
  const more = [...cells]
  more[at('AllocTRES')] = 'billing=8,cpu=8,mem=8G,node=1'
  const less = [...cells]
  less[at('State')] = 'NODE_FAIL'
  const versions = [
    file(`${header}\n${original}\n`, '2026-11-21T09:00:00Z'),
    file(`${header}\n${more.join('|')}\n`, '2026-11-21T10:00:00Z'),
    file(`${header}\n${less.join('|')}\n`, '2026-11-21T11:00:00Z'),
    file(`${header}\n${original}\n`, '2026-11-21T12:00:00Z'),
  ]
  const nets: (readonly string[])[] = []
  for (const order of [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
    [0, 3, 2, 1],
    [2, 0, 3, 1],
  ]) {
    await withSite(async (site) => {
      for (const index of order) await read(site.house, [versions[index] as string])
      nets.push(await netOfCharges(site.house))
    })
  }
  assert.equal(new Set(nets.map((net) => net.join('\n'))).size, 1)
  assert.equal(nets[0]?.length, 1)
})

test('a job that runs accrues, and is charged once when a later dump says that it has ended', () =>
  withSite(async (site) => {
    await read(site.house, [dump])
    const running = jobs.find((line) => line.includes('|RUNNING|')) as string
    const ended = running.replace('|RUNNING|', '|COMPLETED|').replace('|Unknown|108|', '|2026-11-21T08:40:29|120|')
    const result = await read(site.house, [file(`${header}\n${ended}\n`, '2026-11-22T00:00:00Z')])
    assert.deepEqual([result.recorded, result.corrected, result.charged], [0, 1, 1])
    assert.equal((await read(site.house, [dump])).charged, 0)
  }))

test('two clusters with the same ids are two sets of jobs', () =>
  withSite(async (site) => {
    const cloud = jobs.map((line) => line.replace('|lab|', '|cloud|'))
    const result = await read(site.house, [pieceOf(jobs), pieceOf(cloud)])
    assert.equal(result.recorded, 114)
    const net = await netOfCharges(site.house)
    assert.deepEqual(
      net.filter((line) => line.includes(' cloud ')).map((line) => line.replace(' cloud ', ' lab ')),
      once,
    )
  }))

test('a packed dump, and one damaged in places: what can be read is charged, the rest waits and is replayed', () =>
  withSite(async (site) => {
    const lines = jobs.map((line, index) =>
      index === 3
        ? line.replace(/\|(COMPLETED|FAILED)\|/, '|MELTED|')
        : index === 8
          ? line.replace('|lab|', '||')
          : line,
    )
    const damaged = file(gzipSync(`${[header, ...lines].join('\n')}\n`))
    const result = await read(site.house, [damaged])
    assert.deepEqual([result.recorded, result.quarantined], [55, 2])
    assert.equal((await read(site.house, [damaged])).quarantined, 0)

    const [melted, nameless] = await waiting(site.database.pool, 0n, 10)
    assert.match(melted?.reason ?? '', /State "MELTED" is unknown/)
    assert.deepEqual([melted?.line, melted?.raw], [5, lines[3]])
    assert.equal(nameless?.reason, 'Cluster is empty')
    const replayed = await replay(
      site.house,
      {
        principal: 'tester',
        unknown: 'create',
        dryRun: false,
        only: undefined,
        readers: { slurm: async (row) => await readAgain(row, 'lab') },
        signal: new AbortController().signal,
        onPage: () => {},
      },
      site.memory,
    )
    assert.deepEqual([replayed.replayed, replayed.stillWaiting, replayed.recorded], [1, 1, 1])
    const whole = await read(site.house, [pieceOf(jobs)])
    assert.deepEqual([whole.recorded, whole.duplicates], [1, 56])
    assert.deepEqual(await netOfCharges(site.house), once)
  }))

test('a JSON job that cannot be read waits, and is replayed with its steps', () =>
  withSite(async (site) => {
    const { jobs: all } = JSON.parse(fixture('real/sacct/all.json').toString()) as { jobs: Record<string, unknown>[] }
    const job = all.find((each) => String(each['job_id']) === jobLabelled('steps'))
    const odd = file(
      JSON.stringify({ jobs: [{ ...job, cluster: '', association: { account: 'astro', user: 'alice' } }] }),
    )
    assert.equal((await read(site.house, [odd])).quarantined, 1)
    const [row] = await waiting(site.database.pool, 0n, 10)
    assert.ok(row)
    assert.match((await readAgain(row, undefined)).reason ?? '', /it has no cluster/)
    const { facts } = await readAgain(row, 'lab')
    assert.deepEqual(
      facts.map(({ source }) => source),
      ['slurm:lab'],
    )
    assert.ok(facts[0]?.quantities['cpu_used_seconds'])
  }))

test('a row written to look like another job is charged to nobody, by a replay neither', () =>
  withSite(async (site) => {
    const forged = `${header}|JobName`
    const good = `${jobs[3]}|fine`
    const evil = `${jobs[4]}|begin\n${jobs[5]}|forged\nend`
    await read(site.house, [file(`${forged}\n${good}\n${evil}\n${jobs[6]}|fine\n`)])
    const held = await waiting(site.database.pool, 0n, 10)
    for (const row of held) assert.deepEqual((await readAgain(row, undefined)).facts, [])
  }))

test('an interrupted run charges what it read, and the next run the rest', () =>
  withSite(async (site) => {
    const stop = new AbortController()
    const pieces = [pieceOf(jobs.slice(0, 20)), pieceOf(jobs.slice(20))]
    const part = await read(site.house, pieces, { signal: stop.signal, onPage: () => stop.abort() })
    assert.equal(part.interrupted, true)
    assert.ok(part.recorded < 57)
    await assertBooksAgree(site.house)
    await read(site.house, pieces)
    assert.deepEqual(await netOfCharges(site.house), once)
    const [count] = await rows<{ count: string }>(site.database.pool, 'select count(*) as count from metering.records')
    assert.equal(count?.count, '57')
  }))
