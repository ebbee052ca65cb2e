import { strict as assert } from 'node:assert'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { slurmDump } from '../../bench/slurm-dump.ts'
import { type FreshDatabase, freshDatabase } from '../../src/database/testing.ts'
import { begin, bursar, type Ended, type Environment, type Running } from '../bursar.ts'

export const prices = join(import.meta.dirname, '../proof/prices.yaml')
export const dump = (jobs: number): Buffer => Buffer.concat([...slurmDump({ jobs })])
export const gzipped = (jobs: number): Buffer => gzipSync(dump(jobs))

/** A site on a database of its own, to which wrong things are done from outside. */
export class Site {
  readonly fresh: FreshDatabase
  readonly home: string
  readonly environment: Environment

  constructor(fresh: FreshDatabase) {
    this.fresh = fresh
    this.home = mkdtempSync(join(tmpdir(), 'bursar-faults-'))
    chmodSync(this.home, 0o755)
    this.environment = { DATABASE_URL: fresh.url, BURSAR_DATA: join(this.home, 'data') }
  }

  static async open(): Promise<Site> {
    const site = new Site(await freshDatabase())
    assert.equal((await site.run(['prices', 'set', prices])).code, 0)
    return site
  }

  async close(): Promise<void> {
    await this.fresh.drop()
    rmSync(this.home, { recursive: true, force: true })
  }

  file(name: string, content: string | Buffer): string {
    const path = join(this.home, name)
    writeFileSync(path, content)
    return path
  }

  begin(words: readonly string[], environment: Environment = {}): Running {
    return begin(words, { ...this.environment, ...environment })
  }

  run(words: readonly string[], environment: Environment = {}): Promise<Ended> {
    return bursar(words, { ...this.environment, ...environment })
  }

  /** How much there is in every table that usage and prices leave something in. */
  async traces(): Promise<Readonly<Record<string, string>>> {
    const tables = [
      'operations.operations',
      'parties.projects',
      'metering.records',
      'metering.quarantine',
      'charging.charges',
      'ledger.transfers',
      'pricing.versions',
    ]
    const counts = tables.map((table) => `(select count(*) from ${table}) as "${table}"`)
    const { rows } = await this.fresh.database.pool.query<Record<string, string>>(`select ${counts.join(', ')}`)
    return { ...rows[0] }
  }

  async recorded(): Promise<number> {
    return Number((await this.traces())['metering.records'])
  }

  async verify(): Promise<void> {
    const { code, out } = await this.run(['verify'])
    assert.equal(code, 0, out)
  }
}

/** A no that a person can do something with: what is wrong, then what to do; no stack, and nothing on stdout. */
export function assertRefused({ code, out, err }: Ended, words: RegExp, exit = 1): void {
  assert.deepEqual([code, out], [exit, ''], err)
  assert.match(err, words)
  assert.match(err, /^bursar: .*\n./m, 'it says what is wrong, and what to do')
  assert.doesNotMatch(err, /^ {4}at /m)
}
