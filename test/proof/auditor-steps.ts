import { strict as assert } from 'node:assert'
import { Counter } from '../../src/charging/counter-commands.ts'
import { findRefundable, refund as refundCharge, type Refundable } from '../../src/charging/refund-commands.ts'
import { holdCommand } from '../../src/credits/hold.ts'
import type { Answered } from '../../src/operations/alone.ts'
import type { NaiveCredits } from './naive-credits.ts'
import { refund } from './naive-refund.ts'
import type { Expected, NaiveReservation, Span } from './naive-wallet.ts'
import type { Random } from './random.ts'

/** One thing that somebody asks: of Bursar, and of the second account. */
export type Step = {
  readonly key: string
  readonly says: string
  /** The same, but for its key. */
  readonly asked: string
  readonly owners: readonly string[]
  readonly dryRun: boolean
  /** What is looked up before it is asked. */
  prepare?(counter: Counter): Promise<void>
  ask(counter: Counter, key?: string): Promise<Answered>
  /** What a fresh answer must be; what it tells of itself is remembered from the real one. */
  expect(naive: NaiveCredits, answer: () => { id: string }): Expected
}

const currency = 'CREDIT'
const principal = 'auditor'
const numberIn = (id: string): bigint => BigInt(id.slice(id.indexOf('_') + 1))
const spans: readonly Span[] = ['day', 'month', 'total']
const policies = ['charge', 'charge-to-zero', 'absorb'] as const

/** Two organisations with two projects each, and people: who pays, and whose budgets count. */
export const parties = ['org a', 'org b', 'a1', 'a2', 'b1', 'b2', 'ann', 'bob', 'cem']
const uuidOf = (party: string): string =>
  `00000000-0000-4000-8000-0000000000${String(parties.indexOf(party) + 10).padStart(2, '0')}`
const partyOf = new Map(parties.map((party) => [uuidOf(party), party]))
export { uuidOf, partyOf }

const provider = '00000000-0000-4000-8000-000000000099'

/** Makes steps by chance; knows which reservations there are to name. */
export class Steps {
  readonly #random: Random
  readonly #naive: NaiveCredits
  known: NaiveReservation[] = []
  #serial = 0

  constructor(random: Random, naive: NaiveCredits) {
    this.#random = random
    this.#naive = naive
  }

  next(): Step {
    const chance = this.#random(100)
    if (chance < 12) return this.#grant(null)
    if (chance < 22) return this.#grant(this.#naive.now + this.#random(4 * 86_400_000) - 60_000 + this.#serial)
    if (chance < 30) return this.#move()
    if (chance < 55) return this.#hold()
    if (chance < 61) return this.#budget()
    if (chance < 64) return this.#limit()
    return this.#ofReservation(chance)
  }

  #pick = <Item>(all: readonly Item[]): Item => all[this.#random(all.length)] as Item

  /** Sometimes round, so that sums meet exactly; mostly down to the last place. */
  #nanos(): bigint {
    if (this.#random(4) === 0) return BigInt(1 + this.#random(9)) * 1_000_000_000n
    return BigInt(1 + this.#random(2_000_000_000)) * BigInt(1 + this.#random(9))
  }

  #step(says: string, owners: readonly string[], rest: Pick<Step, 'expect'> & { ask: Asker }): Step {
    const key = `${(this.#serial += 1)}`
    const dryRun = this.#random(25) === 0
    const { ask, expect } = rest
    return {
      key,
      says: `${key}: ${says}${dryRun ? ' (dry run)' : ''}`,
      asked: says,
      owners,
      dryRun,
      expect,
      ask: (counter, other = key) => ask(counter, { principal, key: other, dryRun }),
    }
  }

  #grant(expires: number | null): Step {
    const [owner, nanos] = [this.#pick(parties), this.#nanos()]
    return this.#step(`grant ${owner} ${nanos} until ${expires}`, [owner], {
      ask: (counter, asking) =>
        counter.credits.grant(asking, { owner: uuidOf(owner), currency, nanos, origin: 'gift', expiresAt: expires }),
      expect: (naive) => naive.grant(owner, nanos, expires),
    })
  }

  #move(): Step {
    const from = this.#pick(parties)
    const to = this.#pick(parties.filter((party) => party !== from))
    const nanos = this.#nanos()
    return this.#step(`move ${nanos} from ${from} to ${to}`, [from, to], {
      ask: (counter, asking) => counter.credits.move(asking, { from: uuidOf(from), to: uuidOf(to), currency, nanos }),
      expect: (naive) => naive.move(from, to, nanos),
    })
  }

  #hold(): Step {
    const project = this.#pick(['a1', 'a2', 'b1', 'b2'])
    const organisation = `org ${project[0]}`
    const person = this.#pick([null, null, 'ann', 'bob', 'cem'])
    const payer = this.#pick([project, project, project, organisation, person ?? project])
    const owners = [...new Set([payer, project, organisation, ...(person ? [person] : [])])]
    const [nanos, policy] = [this.#nanos(), this.#pick(policies)]
    const seconds = this.#pick([1, 30, 600, 3600, 86_400])
    const input = {
      payer: uuidOf(payer),
      project: uuidOf(project),
      person: person && uuidOf(person),
      provider,
      owners: owners.map(uuidOf),
      currency,
      service: 'audited',
      subtype: '*',
      nanos,
      overrun: policy,
      seconds,
      estimate: null,
    }
    const asked = { payer, owners, policy }
    return this.#step(`hold ${nanos} of ${payer} for ${owners.join()} ${policy} ${seconds} s`, owners, {
      ask: (counter, asking) =>
        counter.credits.submit(asking, 'credits.hold', { ...input, nanos: String(nanos) }, holdCommand(input)),
      expect: (naive, answer) => {
        const { expected, reservation } = naive.hold(asked, nanos, seconds)
        if (reservation && naive === this.#naive) {
          reservation.id = numberIn(answer().id)
          this.known.push(reservation)
        }
        return expected
      },
    })
  }

  #limit(): Step {
    const [owner, nanos] = [this.#pick(parties), this.#pick([0n, this.#nanos()])]
    return this.#step(`limit ${owner} ${nanos}`, [owner], {
      ask: (counter, asking) => counter.credits.limit(asking, uuidOf(owner), currency, nanos),
      expect: (naive) => naive.limit(owner, nanos),
    })
  }

  #budget(): Step {
    const [owner, span] = [this.#pick(parties), this.#pick(spans)]
    const nanos = this.#pick([null, null, this.#nanos() * 4n])
    return this.#step(`budget ${owner} ${span} ${nanos}`, [owner], {
      ask: (counter, asking) => counter.credits.budget(asking, { owner: uuidOf(owner), currency, span, nanos }),
      expect: (naive) => naive.budget(owner, span, nanos),
    })
  }

  /** The newest are named most, those that have ended now and then, and some that there are not. */
  #ofReservation(chance: number): Step {
    const reservation = this.known[this.known.length - 1 - this.#random(Math.min(this.known.length || 1, 40))]
    if (!reservation || this.#random(100) === 0) return this.#ofNobody()
    const { id, owners } = reservation
    const nanos = this.#random(3) === 0 ? reservation.held : this.#nanos()
    // A dry run is tried on a copy, where the reservation is another object.
    const of = (naive: NaiveCredits) =>
      naive === this.#naive ? reservation : (naive.open.find((each) => each.id === id) ?? structuredClone(reservation))
    if (chance < 69) {
      return this.#step(`grow res_${id} by ${nanos || 1n}`, owners, {
        ask: (counter, asking) => counter.grow(asking, id, nanos || 1n),
        expect: (naive) => naive.grow(of(naive), nanos || 1n),
      })
    }
    if (chance < 73) {
      const seconds = this.#pick([1, 600, 7200])
      return this.#step(`extend res_${id} by ${seconds} s`, owners, {
        ask: (counter, asking) => counter.extend(asking, id, seconds),
        expect: (naive) => naive.extend(of(naive), seconds),
      })
    }
    if (chance < 77) return this.#refund(reservation, of)
    if (chance < 81) {
      return this.#step(`release res_${id}`, owners, {
        ask: (counter, asking) => counter.release(asking, id),
        expect: (naive) => naive.release(of(naive)),
      })
    }
    const last = chance >= 90
    return this.#step(`settle res_${id} ${nanos}${last ? ', the last' : ''}`, owners, {
      ask: (counter, asking) => counter.settle(asking, id, { nanos }, last),
      expect: (naive) => naive.settle(of(naive), nanos, last),
    })
  }

  #refund(reservation: NaiveReservation, of: (naive: NaiveCredits) => NaiveReservation): Step {
    const { id, owners, charged } = reservation
    const nanos = this.#random(2) === 0 && charged > 0n ? charged / BigInt(1 + this.#random(3)) || 1n : this.#nanos()
    const count = reservation.settlements.length
    const name = `res_${id}`
    let found: Refundable | undefined
    const step = this.#step(`refund ${nanos} of ${name}`, owners, {
      ask: (counter, asking) => {
        assert(found, 'it was looked up before')
        return refundCharge(counter, asking, { of: name, nanos, reason: 'a proof' }, found)
      },
      expect: (naive) => refund(naive, of(naive), count, nanos),
    })
    return {
      ...step,
      prepare: async (counter) => {
        found ??= await findRefundable(counter, name)
      },
    }
  }

  #ofNobody(): Step {
    return this.#step('release what is not there', [], {
      ask: (counter, asking) => counter.release(asking, 1n),
      expect: () => ({ refused: ['not-found'] }),
    })
  }
}

type Asker = (counter: Counter, asking: { principal: string; key: string; dryRun: boolean }) => Promise<Answered>
