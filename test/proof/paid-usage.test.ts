import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Counter } from '../../src/charging/counter-commands.ts'
import { findRefundable, refund } from '../../src/charging/refund-commands.ts'
import { charge, fact, importSheet, setBook } from '../../src/charging/testing.ts'
import { type Memory, newMemory } from '../../src/charging/memory-commands.ts'
import { Credits } from '../../src/credits/commands.ts'
import { walletLinesOf } from '../../src/credits/flow-commands.ts'
import { rows } from '../../src/database/reader.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { numbered } from '../../src/values/id.ts'
import { nanosText } from '../../src/values/money.ts'
import { type Clockwork, clockworkHouse } from './clockwork.ts'
import { NaiveUsage, type Used } from './naive-usage.ts'

const zone = 'Asia/Bangkok'
const currency = 'THB'
const day = 86_400_000
let now = Date.UTC(2027, 0, 29)

let clockwork: Clockwork
let memory: Memory
let counter: Counter
before(async () => {
  clockwork = await clockworkHouse(zone, now)
  memory = newMemory(zone)
  counter = new Counter(new Credits(clockwork.house, { waitMaxMilliseconds: 60_000 }))
  const price =
    '{ service: store, component: volume, from: 2020-01-01, currency: THB, quantity: units, flat: { price: 1 } }'
  await setBook(clockwork.house, `prices:\n  - ${price}\n`)
})
after(async () => {
  await counter.credits.lane.close()
  await clockwork.close()
})

const me = () => ({ principal: 'tester', key: randomUUID() })
const amount = fc.bigInt(0n, 20n * 10n ** 9n)
const one = fc.nat(9)
const few = <Kind extends object>(told: fc.Arbitrary<Kind>) => fc.array(told, { minLength: 1, maxLength: 3 })

const step = fc.oneof(
  fc.record({ does: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ does: fc.constant('grant' as const), payer: one, days: fc.integer({ min: 0, max: 5 }), nanos: amount }),
  fc.record({
    does: fc.constant('budget' as const),
    owner: one,
    span: fc.constantFrom('day' as const, 'month' as const, 'total' as const),
    nanos: fc.option(amount),
  }),
  fc.record({ does: fc.constant('use' as const), told: few(fc.record({ payer: one, person: one, nanos: amount })) }),
  fc.record({
    does: fc.constant('correct' as const),
    told: few(fc.record({ record: one, person: one, nanos: amount })),
  }),
  fc.record({ does: fc.constant('refund' as const), record: one, part: fc.integer({ min: 1, max: 3 }) }),
)
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never

let run = 0

/** A few parties of their own, and what was told of their usage so far. */
class Course {
  readonly naive = new NaiveUsage(zone)
  readonly #names = { payers: [] as string[], people: [] as string[] }
  readonly #ids = new Map<string, string>()
  readonly #told: Used[] = []
  #version = 0

  async begin(): Promise<void> {
    run += 1
    this.#names.payers = [`one-${run}`, `two-${run}`]
    this.#names.people = [`ada-${run}`, `bob-${run}`]
    const lines = this.#names.payers.map((name) => `org-${run},mu,${name},prepaid\n`).join('')
    await importSheet(clockwork.house, `organisation,tier,project,payment\n${lines}`)
    // People are met in usage.
    await this.#send(
      this.#names.people.map((person) => ({ id: person, payer: this.#names.payers[0] as string, person, nanos: 0n })),
    )
    const found = await rows<{ id: string; name: string }>(
      clockwork.house.database.pool,
      `select id, name from parties.projects union all select id, name from parties.people
        union all select id, name from parties.organisations`,
    )
    for (const { id, name } of found) this.#ids.set(name, id)
    this.#told.length = 0
    for (const payer of this.#names.payers) {
      this.naive.belongs(payer, `org-${run}`)
      await this.take({ does: 'grant', payer: this.#names.payers.indexOf(payer), days: 0, nanos: 10n ** 13n })
    }
  }

  #id(name: string): string {
    const id = this.#ids.get(name)
    assert(id)
    return id
  }

  async take(step: Step): Promise<void> {
    const { payers, people } = this.#names
    const of = <Each>(all: readonly Each[], n: number) => all[n % all.length] as Each
    if (step.does === 'wait') {
      now += step.hours * 3_600_000
      await clockwork.set(now)
    } else if (step.does === 'grant') {
      const payer = of(payers, step.payer)
      const expiresAt = step.days === 0 ? null : now + step.days * day
      const nanos = step.nanos + 1n
      await counter.credits.grant(me(), { owner: this.#id(payer), currency, nanos, origin: 'gift', expiresAt })
      this.naive.grant(payer, nanos, expiresAt)
    } else if (step.does === 'budget') {
      const { span, nanos } = step
      const owner = of([...payers, ...people, `org-${run}`], step.owner)
      await counter.credits.open(this.#id(owner), currency)
      await counter.credits.budget(me(), { owner: this.#id(owner), currency, span, nanos })
      this.naive.budget(owner, span, nanos !== null)
    } else if (step.does === 'use') {
      const used = step.told.map(({ payer, person, nanos }) => {
        return { id: randomUUID(), payer: of(payers, payer), person: of(people, person), nanos }
      })
      await this.#send(used)
      this.naive.page(used, now)
      this.#told.push(...used)
    } else if (this.#told.length > 0) {
      if (step.does === 'refund') await this.#refund(of(this.#told, step.record), step.part)
      else {
        const corrected = step.told.map(({ record, person, nanos }) => {
          return { ...of(this.#told, record), person: of(people, person), nanos }
        })
        const each = [...new Map(corrected.map((used) => [used.id, used])).values()]
        await this.#send(each)
        this.naive.page(each, now)
        for (const used of each) this.#told[this.#told.findIndex(({ id }) => id === used.id)] = used
      }
    }
    for (const payer of payers) await counter.credits.sweep(this.#id(payer), currency)
    this.naive.expire(now)
  }

  async #send(used: readonly Used[]): Promise<void> {
    this.#version += 1
    const facts = used.map(({ id, payer, person, nanos }) =>
      fact({
        externalId: id,
        service: 'store',
        projectName: payer,
        personName: person,
        quantities: { units: nanosText(nanos) },
        measuredAt: Date.UTC(2027, 0, 1) + this.#version,
      }),
    )
    await charge({ house: clockwork.house, memory }, facts)
  }

  async #refund(used: Used, part: number): Promise<void> {
    const nanos = this.naive.kept(used.id) / BigInt(part)
    if (nanos === 0n) return
    const [record] = await rows<{ record: string }>(
      clockwork.house.database.pool,
      `select record from metering.identities where external_id = $1`,
      [used.id],
    )
    const of = numbered('record', record?.record ?? '0')
    await refund(counter, me(), { of, nanos, reason: 'it failed' }, await findRefundable(counter, of))
    this.naive.refund(used.id, nanos)
  }

  /** What stands in the books of these parties, as the second account tells it. */
  async compare(): Promise<void> {
    const names = new Map([...this.#ids].map(([name, id]) => [id, name]))
    const found = await rows<{ owner: string; line: string }>(
      clockwork.house.database.pool,
      `select owner, 'has ' || trim_scale(posted) as line from ledger.accounts where kind = 'wallet' and posted <> 0
        union all
       select a.owner, extract(epoch from l.expires_at) * 1000 || ': ' || trim_scale(sum(l.posted))
         from credits.lots l join ledger.accounts a on a.id = l.wallet where l.posted <> 0 group by 1, l.expires_at
        union all
       select a.owner, w.span || ' ' || w.starts || ': ' || trim_scale(w.used)
         from credits.budget_windows w join ledger.accounts a on a.id = w.wallet where w.used <> 0`,
    )
    const own = [...this.#names.payers, ...this.#names.people, `org-${run}`]
    const stands = found
      .map(({ owner, line }) => ({ name: names.get(owner) ?? '', line: line.replace(/^(\d+)\.0+:/, '$1:') }))
      .filter(({ name }) => own.includes(name))
    assert.deepEqual(stands.map(({ name, line }) => `${name} ${line}`).sort(), this.naive.lines())
    for (const payer of this.#names.payers) {
      const [line] = await walletLinesOf(clockwork.house.database.pool, this.#id(payer), null, null)
      assert(line)
      const { granted, spent, refunded, expired, movedIn, movedOut } = line
      assert.equal(nanosText(granted - spent + refunded - expired + movedIn - movedOut), line.now.posted)
    }
  }
}

test('credits, budgets and statements agree with a naive account of usage, refunds and corrections', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
      const course = new Course()
      await course.begin()
      for (const each of steps) {
        await course.take(each)
        await course.compare()
      }
    }),
    { numRuns: 12, endOnFailure: true },
  )
  for await (const { ok, name, detail } of proveBooks(clockwork.house)) assert.ok(ok, `verify: ${name}: ${detail}`)
})
