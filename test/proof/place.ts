import { strict as assert } from 'node:assert'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerOf, begin, type Ended, type Environment, killPostgres, postgresOf, type Running } from '../bursar.ts'
import { siteZone } from './naive.ts'

/** A site of its own: a data directory that only the commands of one proof use. */
export class Place {
  readonly home: string
  readonly data: string
  readonly environment: Environment

  constructor(name: string) {
    this.home = mkdtempSync(join(tmpdir(), `bursar-proof-${name}-`))
    // PostgreSQL runs as another user, who must get through.
    chmodSync(this.home, 0o755)
    this.data = join(this.home, 'data')
    this.environment = { BURSAR_DATA: this.data, BURSAR_ZONE: siteZone }
  }

  file(name: string): string {
    return join(this.home, name)
  }

  begin(words: readonly string[]): Running {
    return begin(words, this.environment)
  }

  run(words: readonly string[]): Promise<Ended> {
    return this.begin(words).ended
  }

  answer<Answer>(words: readonly string[]): Promise<Answer> {
    return answerOf<Answer>(words, this.environment)
  }

  setPrices(): Promise<unknown> {
    return this.answer(['prices', 'set', join(import.meta.dirname, 'prices.yaml')])
  }

  ingest(...files: readonly string[]): Promise<Ingested> {
    return this.answer<Ingested>(ingestWords(...files))
  }

  /** Green, or the checks that are not. */
  async verify(): Promise<number> {
    const { code, out, err } = await this.run(['verify', '--json'])
    assert(out.startsWith('{'), `verify answered nothing: ${err}`)
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { name: string; ok: boolean; detail: string }[] }
    const failed = checks.filter((check) => !check.ok)
    assert.deepEqual([code, ok, failed], [0, true, []])
    return checks.length
  }

  assertNothingRuns(): void {
    assert.deepEqual(postgresOf(this.data), [], 'no process of PostgreSQL is left behind')
  }

  remove(): void {
    if (existsSync(this.data)) killPostgres(this.data)
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

export type Ingested = {
  readonly read: number
  readonly recorded: number
  readonly duplicates: number
  readonly corrected: number
  readonly quarantined: number
  readonly charged: number
  readonly trueUps: number
  readonly seconds: number
}

/** The generated dumps tell their times in UTC. */
export const ingestWords = (...files: readonly string[]): string[] => ['ingest', 'slurm', ...files, '--zone', 'UTC']
