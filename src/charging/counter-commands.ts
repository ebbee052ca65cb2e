import type { Reader } from '../database/reader.ts'
import type { Asking, Credits } from '../credits/commands.ts'
import { type Charger, releaseCommand, settleCommand } from '../credits/end.ts'
import { extendCommand, growCommand, holdCommand } from '../credits/hold.ts'
import type { Desk, Want } from '../credits/desk.ts'
import type { OverrunPolicy } from '../credits/reservation.ts'
import { Problem } from '../http/problem.ts'
import type { Answered } from '../operations/alone.ts'
import { canonicalJson } from '../operations/canonical.ts'
import type { LaneCommand } from '../operations/lane-command.ts'
import { numbered } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import { periodOf } from '../values/period.ts'
import { type Owners, Payers } from './payer-commands.ts'
import { Prices } from './prices-commands.ts'
import { writeSettlement } from './settlement/row.ts'
import type { Priced, Settlement } from './settlement/settlement.ts'
import * as sql from './settlement/sql.ts'

/** What usage costs is told by an amount, or by quantities that the price book prices. */
export type Cost =
  | { readonly nanos: bigint; readonly quantities?: undefined }
  | { readonly quantities: Readonly<Record<string, string>>; readonly nanos?: undefined }

export type HoldRequest = {
  /** UUIDs; the payer is the project unless an organisation or a person is named. */
  readonly payer: string
  readonly project: string | null
  readonly person: string | null
  readonly provider: string
  readonly service: string
  readonly subtype: string
  readonly currency: string
  readonly cost: Cost
  readonly overrun: OverrunPolicy
  readonly seconds: number
}

/**
 * The doors for usage that is asked for beforehand: priced, held, settled. Every door calls these, so that there is
 * one check of a balance in the house.
 */
export class Counter {
  readonly credits: Credits
  readonly #prices: Prices
  readonly #payers: Payers

  constructor(credits: Credits) {
    this.credits = credits
    this.#prices = new Prices(credits.house)
    this.#payers = new Payers(credits.house)
  }

  /** @throws Problem `insufficient-credits`, `budget-exhausted`, `no-price` */
  hold(asking: Asking, request: HoldRequest): Promise<Answered> {
    // What is known is not waited for: this is the busiest door, and every promise on the way costs as much as a decision.
    const owners = this.#payers.knownOwnersOf(request)
    const ask = async () => this.#holdOf(await this.#payers.ownersOf(request), asking, request)
    const again = async (error: unknown): Promise<Answered> => {
      if (error instanceof Moved) return await this.credits.withRoom(() => untilStanding(ask))
      await this.credits.makeRoom(error)
      return await untilStanding(ask)
    }
    if (!owners) return this.credits.withRoom(() => untilStanding(ask))
    return this.#holdOf(owners, asking, request).catch(again)
  }

  #holdOf({ all: owners, parties, fault }: Owners, asking: Asking, request: HoldRequest): Promise<Answered> {
    // One by one, because copying costs as much, too; the input in the order in which it is digested.
    const { payer, project, person, provider, service, subtype, currency, cost, overrun, seconds } = request
    const { quantities } = cost
    const amount = quantities === undefined ? nanosText(cost.nanos) : undefined
    const input = { amount, currency, overrun, payer, person, project, provider, quantities, seconds, service, subtype }
    const refuse: Refuse = (problem, by) =>
      this.credits.submit(asking, 'credits.hold', input, this.#underParties(refused(problem), by))
    if (fault) return refuse(fault, parties)
    return this.#priced(request, cost, refuse, (nanos, priced, pricedBy) => {
      const estimate = priced ? canonicalJson({ quantities: priced.quantities, book: priced.book }) : null
      const rule = holdCommand({
        payer,
        project,
        person,
        provider,
        owners,
        currency,
        service,
        subtype,
        nanos,
        overrun,
        seconds,
        estimate,
      })
      const found = this.#underParties(rule, parties ?? pricedBy)
      return this.credits.submit(asking, 'credits.hold', input, priced ? underBook(found, priced) : found)
    })
  }

  grow(asking: Asking, reservation: bigint, nanos: bigint): Promise<Answered> {
    const input = { reservation: numbered('reservation', reservation), amount: nanosText(nanos) }
    return this.credits.withRoom(() =>
      this.credits.submit(asking, 'credits.grow', input, growCommand(reservation, nanos)),
    )
  }

  extend(asking: Asking, reservation: bigint, seconds: number): Promise<Answered> {
    const input = { reservation: numbered('reservation', reservation), seconds }
    return this.credits.submit(asking, 'credits.extend', input, extendCommand(reservation, seconds))
  }

  release(asking: Asking, reservation: bigint): Promise<Answered> {
    const input = { reservation: numbered('reservation', reservation) }
    return this.credits.submit(asking, 'credits.release', input, releaseCommand(reservation))
  }

  /** Charges what was used; the last settling ends the reservation. The charge is made in the same operation. */
  async settle(asking: Asking, reservation: bigint, cost: Cost, isLast: boolean): Promise<Answered> {
    const input = { reservation: numbered('reservation', reservation), ...toldCost(cost), last: isLast }
    const known = cost.quantities ? await this.#subjectOf(this.credits.house.database.pool, reservation) : undefined
    const refuse: Refuse = (problem, by) =>
      this.credits.submit(asking, 'credits.settle', input, this.#underParties(refused(problem), by))
    const submit: Submit = (nanos, priced, pricedBy) => {
      const rule = settleCommand({ reservation, nanos, isLast }, this.charger(nanos, priced))
      const found = priced ? underBook(this.#underParties(using(rule, priced), pricedBy), priced) : rule
      return this.credits.submit(asking, 'credits.settle', input, found)
    }
    // What costs so much by itself does, whoever the parties are.
    if (!known) return await this.#priced(known, cost, refuse, submit)
    return await untilStanding(() => this.#priced(known, cost, refuse, submit))
  }

  /** Makes the charge of a settling in the same operation. */
  charger(nanos: bigint, priced: Priced | null): Charger {
    const { zone } = this.credits.house
    let id = 0n
    return {
      told(turn) {
        id = turn.nextId()
        return { charge: numbered('settlement', id) }
      },
      write(turn, { reservation, absorbed }, transfers) {
        const settlement: Settlement = {
          id,
          reservation,
          period: periodOf(turn.at, zone),
          at: turn.at,
          nanos,
          absorbed,
          priced,
          transfer: transfers.paid,
          absorbedTransfer: transfers.absorbed,
        }
        turn.add(
          sql.settlementsTable,
          () => sql.settlementLine(settlement, turn.operation),
          (out) => writeSettlement(out, settlement, turn.operation),
        )
      },
    }
  }

  /** What the prices of a reservation's usage depend on. */
  async #subjectOf(reader: Reader, reservation: bigint) {
    const found = await this.credits.reservation(reader, reservation)
    if (!found) {
      throw new Problem('not-found', { detail: `There is no reservation ${numbered('reservation', reservation)}.` })
    }
    return found
  }

  /** Prices what is given as quantities; when the book changed before the commit, once more with the new one. */
  #priced(subject: Subject | undefined, cost: Cost, refuse: Refuse, submit: Submit): Promise<Answered> {
    const { quantities } = cost
    if (quantities === undefined) return submit(cost.nanos, null, undefined)
    if (!subject) throw new Error('priced usage has a subject')
    const payer = this.#payers.knownPayerOf(subject)
    const priced = payer && this.#prices.known(subject, payer, quantities)
    if (!priced) return this.#pricedAnew(subject, quantities, refuse, submit)
    return submit(sumOf(priced), priced, payer.parties).catch((error: unknown) => {
      if (!(error instanceof Stale)) throw error
      return this.#pricedAnew(subject, quantities, refuse, submit)
    })
  }

  async #pricedAnew(
    subject: Subject,
    quantities: Priced['quantities'],
    refuse: Refuse,
    submit: Submit,
  ): Promise<Answered> {
    const payer = await this.#payers.payerOf(subject)
    for (let attempt = 1; ; attempt++) {
      let priced: Priced
      try {
        priced = await this.#prices.price(subject, payer, quantities)
      } catch (error) {
        if (error instanceof Problem) return await refuse(error, payer.parties)
        throw error
      }
      try {
        return await submit(sumOf(priced), priced, payer.parties)
      } catch (error) {
        if (!(error instanceof Stale) || attempt === attemptsMax) throw error
      }
    }
  }

  /** The rule, if the parties by which it was asked for still stand when it is decided. */
  #underParties(rule: LaneCommand<Want, Desk>, parties: string | undefined): LaneCommand<Want, Desk> {
    if (parties === undefined) return rule
    return {
      wants: { ...rule.wants, parties },
      decide: (desk, turn) => {
        if (desk.parties === parties) return rule.decide(desk, turn)
        this.#payers.isOver(parties)
        return { ok: false, problem: new Moved() }
      },
    }
  }
}

/** So often something is asked for anew whose prices or parties changed meanwhile. */
const attemptsMax = 4

type Subject = Omit<HoldRequest, 'cost' | 'overrun' | 'seconds'>
type Refuse = (problem: Problem, pricedBy: string | undefined) => Promise<Answered>
type Submit = (nanos: bigint, priced: Priced | null, pricedBy: string | undefined) => Promise<Answered>

function sumOf({ lines }: Priced): bigint {
  let sum = 0n
  for (const { nanos } of lines) sum += nanos
  return sum
}

/** Refused in the lane all the same: whoever asks again under a key that was answered gets that answer. */
const refused = (problem: Problem): LaneCommand<Want, Desk> => ({
  wants: { owners: [] },
  decide: () => ({ ok: false, problem }),
})

/** The price book changed between pricing and commit: nobody outside hears of it. */
class Stale extends Problem {
  constructor() {
    super('overloaded')
  }
}

/** The parties changed since it was found whose budgets and prices count: nobody outside hears of that either. */
class Moved extends Problem {
  constructor() {
    super('overloaded')
  }
}

/** Once more, when parties changed meanwhile. */
async function untilStanding(ask: () => Promise<Answered>): Promise<Answered> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Moved) || attempt === attemptsMax) throw error
    }
  }
}

const toldCost = (cost: Cost) =>
  cost.quantities === undefined ? { amount: nanosText(cost.nanos) } : { quantities: cost.quantities }

export { settlementsTable } from './settlement/sql.ts'

/** The rule, if the book that priced it is still in force when it is decided. */
const underBook = (rule: LaneCommand<Want, Desk>, { book }: Priced): LaneCommand<Want, Desk> => ({
  wants: { ...rule.wants, book },
  decide: (desk, turn) => (desk.book === book ? rule.decide(desk, turn) : { ok: false, problem: new Stale() }),
})

/** The rule that notes which versions of prices it charged by. */
const using = (rule: LaneCommand<Want, Desk>, { uses }: Priced): LaneCommand<Want, Desk> => ({
  wants: rule.wants,
  decide: (desk, turn) => {
    const decided = rule.decide(desk, turn)
    if (!decided.ok) return decided
    return {
      ...decided,
      apply: (own) => {
        for (const price of uses) if (!desk.uses.has(price)) desk.uses.set(price, own.operation)
        decided.apply(own)
      },
    }
  },
})
