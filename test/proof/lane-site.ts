import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Credits } from '../../src/credits/commands.ts'
import type { HoldInput } from '../../src/credits/hold.ts'
import { openDatabase } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrate.ts'
import { freshDatabase } from '../../src/database/testing.ts'
import type { House } from '../../src/operations/house.ts'
import type { LaneSettings } from '../../src/operations/lane.ts'
import { loadKeys } from '../../src/operations/keys.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { killPostgres } from '../bursar.ts'

export const currency = 'CREDIT'
export const one = 1_000_000_000n

/** What a process of its own needs to stand at the same counter. */
export type Where = { readonly data: string; readonly url?: string }

/** Opens a counter where others have theirs; with no address, on a PostgreSQL that it keeps running. */
export async function openCounter({ data, url }: Where, settings: LaneSettings = {}) {
  const database = await openDatabase({ dataDirectory: data, ...(url === undefined ? { role: 'server' } : { url }) })
  if (url === undefined) await migrate(database)
  const house: House = { database, keys: loadKeys(data, {}), zone: 'UTC' }
  const credits = new Credits(house, { waitMaxMilliseconds: 600_000, ...settings })
  const close = async () => {
    await credits.lane.close()
    await database.close()
  }
  return { house, credits, close }
}

/** A place where processes come and go, and are killed. */
export class LaneSite {
  readonly where: Where
  readonly #drop: () => Promise<void>

  constructor(where: Where, drop: () => Promise<void>) {
    this.where = where
    this.#drop = drop
  }

  /** On a database of the tests, or on a PostgreSQL of its own that may be killed as well. */
  static async open(own = false): Promise<LaneSite> {
    const home = mkdtempSync(join(tmpdir(), 'bursar-lane-'))
    chmodSync(home, 0o755)
    const data = join(home, 'data')
    const remove = () => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    if (own) {
      return new LaneSite({ data }, async () => {
        killPostgres(data)
        remove()
      })
    }
    const fresh = await freshDatabase()
    return new LaneSite({ data, url: fresh.url }, async () => {
      await fresh.drop()
      remove()
    })
  }

  /** Works at a counter of this process meanwhile. */
  async at<Result>(work: (counter: Awaited<ReturnType<typeof openCounter>>) => Promise<Result>): Promise<Result> {
    const counter = await openCounter(this.where)
    try {
      return await work(counter)
    } finally {
      await counter.close()
    }
  }

  /** Opens wallets with so many credits each. */
  async wallets(count: number, nanos: bigint): Promise<string[]> {
    return await this.at(async ({ credits }) => {
      const owners = Array.from({ length: count }, () => randomUUID())
      for (const owner of owners) {
        if (nanos > 0n) await credits.grant(asTester(), { owner, currency, nanos, origin: 'gift', expiresAt: null })
        else await credits.open(owner, currency)
      }
      return owners
    })
  }

  /** Green, or the checks that are not. */
  async verify(): Promise<void> {
    await this.at(({ house }) => proved(house))
  }

  child(task: string, plan: object, environment: Readonly<Record<string, string>> = {}): Child {
    return new Child(task, { ...this.where, ...plan }, environment)
  }

  async remove(): Promise<void> {
    await this.#drop()
  }
}

export async function proved(house: House): Promise<void> {
  const failed = []
  for await (const check of proveBooks(house)) if (!check.ok) failed.push(check)
  assert.deepEqual(failed, [])
}

export const asTester = () => ({ principal: 'tester', key: randomUUID() })

/** A hold on one wallet, for itself and for whoever is named above it. */
export const holdOf = (owners: readonly string[], nanos: bigint, seconds = 600): HoldInput => ({
  payer: owners[0] as string,
  project: owners[0] as string,
  person: null,
  provider: '00000000-0000-4000-8000-000000000099',
  owners,
  currency,
  service: 'proof',
  subtype: '*',
  nanos,
  overrun: 'charge',
  seconds,
  estimate: null,
})

/** A process of its own at the counter, and what it said line by line. */
export class Child {
  readonly lines: string[] = []
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  readonly #process

  constructor(task: string, plan: object, environment: Readonly<Record<string, string>>) {
    const { PATH, TMPDIR } = process.env
    const env = { PATH, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...environment }
    const script = join(import.meta.dirname, 'lane-child.ts')
    this.#process = spawn(process.execPath, [script, task, JSON.stringify(plan)], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let rest = ''
    this.#process.stdout.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n')
      rest = lines.pop() ?? ''
      this.lines.push(...lines)
    })
    this.#process.stderr.on('data', (data: Buffer) => this.lines.push(`stderr ${data.toString()}`))
    this.ended = once(this.#process, 'close').then(([code, signal]: unknown[]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }))
  }

  get isOver(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** Stopped, as by SIGSTOP. */
  async standsStill(): Promise<void> {
    const path = `/proc/${this.#process.pid}/stat`
    while (!/^\d+ \(.*\) T /.test(readFileSync(path, 'utf8'))) {
      assert.ok(!this.isOver, this.lines.slice(-20).join('\n'))
      await sleep(5)
    }
  }

  async said(words: string): Promise<void> {
    while (!this.lines.some((line) => line.startsWith(words))) {
      assert.ok(!this.isOver, `it ended before it said ${words}: ${this.lines.slice(-20).join('\n')}`)
      await sleep(5)
    }
  }

  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGUSR2' | 'SIGCONT'): void {
    this.#process.kill(signal)
  }

  /** Lets those go that wait for each other. */
  static async go(children: readonly Child[]): Promise<void> {
    for (const child of children) await child.said('ready')
    for (const child of children) child.kill('SIGUSR2')
  }

  /** Its last line, once it has ended well. */
  async answer<Answer>(): Promise<Answer> {
    const { code, signal } = await this.ended
    assert.deepEqual([code, signal], [0, null], this.lines.slice(-20).join('\n'))
    return JSON.parse(this.lines.at(-1) ?? 'null') as Answer
  }
}
