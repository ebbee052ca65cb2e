import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import type { Counter } from '../../src/charging/counter-commands.ts'
import { findRefundable, refund } from '../../src/charging/refund-commands.ts'
import { charge, fact, importSheet, on } from '../../src/charging/testing.ts'
import type { Memory } from '../../src/charging/memory-commands.ts'
import { writeTrueUps } from '../../src/charging/true-up-commands.ts'
import { rows } from '../../src/database/reader.ts'
import { Problem } from '../../src/http/problem.ts'
import { numbered } from '../../src/values/id.ts'
import type { Clockwork } from './clockwork.ts'
import { type Random, shuffled } from './random.ts'
import { tiers } from './uneven-prices.ts'

export type House = { readonly clockwork: Clockwork; readonly memory: Memory; readonly counter: Counter }
export type Way = {
  /** Meters that records have. */
  readonly meters: string
  readonly months: readonly string[]
  readonly steps: number
  readonly waits: boolean
  /** Corrections and refunds, or corrections alone. */
  readonly refunds: boolean
  /** Whether projects go to postpaid and back. */
  readonly flips: boolean
  /** Whether the organisation becomes one of another tier, and gets other prices, and back. */
  readonly tiers: boolean
}

type Told = { readonly id: string; readonly project: string; readonly person: string; readonly month: string }
type Grant = { readonly owner: string; readonly nanos: bigint; readonly expires: number | null }

const currency = 'THB'
const day = 86_400_000
const me = () => ({ principal: 'tester', key: randomUUID() })
const none = (): string => '0'
let version = 0

/** A history of a few parties of their own, after which all that was used is taken back. */
export class Undone {
  readonly #house: House
  readonly #random: Random
  readonly #way: Way
  readonly #name: string
  readonly #projects: readonly string[]
  readonly #people: readonly string[]
  readonly #told: Told[] = []
  readonly #grants: Grant[] = []
  readonly #ids = new Map<string, string>()
  /** What was done, to tell it of a history that fails. */
  readonly log: string[] = []
  readonly #time: { now: number }
  #postpaid: ReadonlySet<string> = new Set()
  #tier: (typeof tiers)[number] = 'mu'

  constructor(house: House, random: Random, way: Way, name: string, time: { now: number }) {
    this.#house = house
    this.#random = random
    this.#way = way
    this.#name = name
    this.#time = time
    this.#projects = [`one-${name}`, `two-${name}`]
    this.#people = [`ada-${name}`, `bob-${name}`]
  }

  async run(): Promise<void> {
    await this.#import()
    // People are met in usage.
    await this.#send(
      this.#people.map((person) => ({ ...this.#newTold(), project: this.#projects[0] as string, person })),
      () => '0',
    )
    const found = await rows<{ id: string; name: string }>(
      this.#house.clockwork.house.database.pool,
      `select id, name from parties.projects where name like $1 union all select id, name from parties.people where name like $1
        union all select id, name from parties.organisations where name like $1`,
      [`%-${this.#name}`],
    )
    for (const { id, name } of found) this.#ids.set(name, id)
    for (const project of this.#projects) await this.#grant(project, 10n ** 13n, null)
    for (let n = 0; n < this.#way.steps; n += 1) await this.#step()
    await this.#undo()
  }

  #one<Each>(all: readonly Each[]): Each {
    return all[this.#random(all.length)] as Each
  }

  #newTold(): Told {
    return {
      id: randomUUID(),
      project: this.#one(this.#projects),
      person: this.#one(this.#people),
      month: this.#one(this.#way.months),
    }
  }

  async #import(): Promise<void> {
    const lines = this.#projects.map(
      (each) => `org-${this.#name},${this.#tier},${each},${this.#postpaid.has(each) ? 'postpaid' : 'prepaid'}\n`,
    )
    await importSheet(this.#house.clockwork.house, `organisation,tier,project,payment\n${lines.join('')}`)
  }

  async #step(): Promise<void> {
    const does = this.#random(22)
    if (does < 6) {
      const told = Array.from({ length: 1 + this.#random(3) }, () => this.#newTold())
      this.#told.push(...told)
      await this.#send(told, () => `${this.#random(9)}.${this.#random(10)}`)
    } else if (does < 9)
      await this.#correct(() => (this.#random(3) === 0 ? '0' : `${this.#random(9)}.${this.#random(10)}`))
    else if (does < 11) await this.#refund(1 + this.#random(3))
    else if (does < 14) await this.#trueUp()
    else if (does < 16) await this.#budget()
    else if (does < 18)
      await this.#grant(this.#one(this.#projects), BigInt(this.#random(4_000_000)) * 1_001n, 1 + this.#random(40))
    else if (does < 19 && this.#way.waits) await this.#wait()
    else if (does < 20 && this.#way.flips) {
      this.#postpaid = new Set(this.#random(2) === 0 ? [this.#one(this.#projects)] : [])
      this.log.push(`postpaid: ${[...this.#postpaid].join()}`)
      await this.#import()
    } else if (this.#way.tiers) {
      this.#tier = this.#one(tiers)
      this.log.push(`tier: ${this.#tier}`)
      await this.#import()
    }
  }

  async #wait(): Promise<void> {
    const hours = 1 + this.#random(200)
    this.log.push(`wait ${hours} hours`)
    this.#time.now += hours * 3_600_000
    await this.#house.clockwork.set(this.#time.now)
    await this.#sweep()
  }

  async #sweep(): Promise<void> {
    for (const project of this.#projects) await this.#house.counter.credits.sweep(this.#id(project), currency)
  }

  async #grant(project: string, nanos: bigint, days: number | null): Promise<void> {
    const expires = days === null ? null : this.#time.now + days * day
    const owner = this.#id(project)
    this.log.push(`grant ${project} ${nanos + 1n} for ${days} days`)
    await this.#house.counter.credits.grant(me(), {
      owner,
      currency,
      nanos: nanos + 1n,
      origin: 'gift',
      expiresAt: expires,
    })
    this.#grants.push({ owner, nanos: nanos + 1n, expires })
  }

  async #budget(): Promise<void> {
    const owner = this.#one([...this.#projects, ...this.#projects, ...this.#people, `org-${this.#name}`])
    const span = this.#one(['day', 'month', 'total'] as const)
    const nanos = this.#random(3) === 0 ? null : BigInt(this.#random(1_000)) * 10n ** 8n
    this.log.push(`budget of ${owner} a ${span}: ${nanos}`)
    await this.#house.counter.credits.open(this.#id(owner), currency)
    await this.#house.counter.credits.budget(me(), { owner: this.#id(owner), currency, span, nanos })
  }

  async #trueUp(): Promise<void> {
    this.log.push('true-up')
    await writeTrueUps(this.#house.clockwork.house, 'tester', this.#house.memory)
  }

  async #correct(units: () => string): Promise<void> {
    if (this.#told.length === 0) return
    const told = new Set(Array.from({ length: 1 + this.#random(3) }, () => this.#one(this.#told)))
    await this.#send([...told], units)
  }

  async #send(told: readonly Told[], units: () => string): Promise<void> {
    version += 1
    const facts = told.map(({ id, project, person, month }) => {
      // What a correction does not name stays as it was.
      const meters = [...this.#way.meters].filter(() => units === none || this.#random(4) > 0)
      const quantities = Object.fromEntries(meters.map((meter) => [meter, units()]))
      this.log.push(`tell ${id.slice(0, 4)} of ${project}, ${month}: ${JSON.stringify(quantities)}`)
      return fact({
        externalId: id,
        service: 'store',
        projectName: project,
        personName: person,
        startsAt: on(`${month}-10`),
        quantities,
        measuredAt: on('2026-12-01') + version,
      })
    })
    await charge({ house: this.#house.clockwork.house, memory: this.#house.memory }, facts)
  }

  async #refund(part: number): Promise<void> {
    if (!this.#way.refunds || this.#told.length === 0) return
    await this.#refundOf(this.#one(this.#told), part)
  }

  /** Asks for far too much, to be told how much there is. */
  async #refundOf({ id }: Told, part: number): Promise<void> {
    const [record] = await rows<{ record: string }>(
      this.#house.clockwork.house.database.pool,
      `select record from metering.identities where external_id = $1`,
      [id],
    )
    const of = numbered('record', record?.record ?? '0')
    const ask = async (nanos: bigint) =>
      await refund(
        this.#house.counter,
        me(),
        { of, nanos, reason: 'it failed' },
        await findRefundable(this.#house.counter, of),
      )
    let left = 0n
    await ask(10n ** 18n).catch((error: unknown) => {
      assert(error instanceof Problem && error.type === 'refund-exceeds-paid', String(error))
      const [whole = '0', rest = ''] = (error.detail as { left: string }).left.split('.')
      left = BigInt(whole + rest.padEnd(9, '0'))
    })
    left /= BigInt(part)
    if (left === 0n) return
    this.log.push(`refund ${id.slice(0, 4)}: ${left}`)
    await ask(left)
  }

  /** In any order, some of it in parts, with true-ups in between. */
  async #undo(): Promise<void> {
    this.log.push('— undone —')
    await this.#undoEach(this.#way.refunds)
    await this.#trueUp()
    // What a true-up charged once more is taken back as well.
    if (this.#way.refunds) {
      await this.#undoEach(false)
      await this.#trueUp()
    }
    await this.#sweep()
  }

  async #undoEach(refunds: boolean): Promise<void> {
    for (const told of shuffled(this.#told, this.#random)) {
      if (refunds && this.#random(2) === 0) await this.#refundOf(told, 1)
      else await this.#send([told], none)
      if (this.#random(3) === 0) await this.#trueUp()
      if (this.#way.waits && this.#random(10) === 0) await this.#wait()
    }
  }

  #id(name: string): string {
    const id = this.#ids.get(name)
    assert(id)
    return id
  }

  /** What is not as if nothing had ever been used. */
  async wrongs(): Promise<string[]> {
    const { now } = this.#time
    const expected = new Map<string, bigint>()
    for (const project of this.#projects) {
      const own = this.#grants.filter(({ owner }) => owner === this.#id(project))
      const left = own.filter(({ expires }) => expires === null || expires > now)
      expected.set(
        `${this.#id(project)} wallet`,
        left.reduce((sum, { nanos }) => sum + nanos, 0n),
      )
      for (const { nanos, expires } of left) {
        if (expires === null) continue
        const key = `${this.#id(project)} lot ${expires}`
        expected.set(key, (expected.get(key) ?? 0n) + nanos)
      }
    }
    const found = await rows<{ key: string; nanos: string }>(
      this.#house.clockwork.house.database.pool,
      `select owner || ' ' || kind as key, trunc(posted * 1000000000)::text as nanos from ledger.accounts
        where owner = any ($1::uuid[]) and posted <> 0
        union all
       select a.owner || ' lot ' || (extract(epoch from l.expires_at) * 1000)::bigint, trunc(sum(l.posted) * 1000000000)::text
         from credits.lots l join ledger.accounts a on a.id = l.wallet
        where a.owner = any ($1::uuid[]) and l.posted <> 0 group by 1
        union all
       select a.owner || ' ' || w.span || ' ' || w.starts, trunc(w.used * 1000000000)::text
         from credits.budget_windows w join ledger.accounts a on a.id = w.wallet
        where a.owner = any ($1::uuid[]) and w.used <> 0`,
      [[...this.#ids.values()]],
    )
    const names = new Map([...this.#ids].map(([name, id]) => [id, name]))
    const stands = new Map(found.map(({ key, nanos }) => [key, BigInt(nanos)]))
    return [...new Set([...expected.keys(), ...stands.keys()])]
      .filter((key) => (expected.get(key) ?? 0n) !== (stands.get(key) ?? 0n))
      .map((key) => {
        const [owner = '', ...what] = key.split(' ')
        return `${names.get(owner)} ${what.join(' ')}: ${stands.get(key) ?? 0n}, and it should be ${expected.get(key) ?? 0n}`
      })
  }
}
