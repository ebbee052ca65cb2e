import { randomInt, randomUUID } from 'node:crypto'
import type { Reader } from '../database/reader.ts'
import type { Problem } from '../http/problem.ts'
import type { LockedCheck } from '../http/under-locks.ts'
import { openAccount, findWallets, Stripes } from '../ledger/wallet-commands.ts'
import type { Answered, Call } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { Lane, type LaneSettings } from '../operations/lane.ts'
import type { LaneCommand, Options } from '../operations/lane-command.ts'
import { currenciesWith } from '../values/currency.ts'
import type { Currency } from '../values/money.ts'
import type { Desk, Want } from './desk.ts'
import { DeskBooks, type Moved } from './desk-commands.ts'
import { walletKey } from './desk.ts'
import { BudgetExhausted } from './exhausted.ts'
import { type GrantInput, grantCommand, limitCommand, type MoveInput, moveCommand } from './grant.ts'
import { dueInBudgets } from './listing/sql.ts'
import type { Reservation } from './reservation.ts'
import { type BudgetInput, budgetCommand } from './set-budget.ts'
import * as sql from './sql.ts'

/** Who asks, under which key; the command's name and input are added here. */
export type Asking = Pick<Call, 'principal' | 'key'> & Options & { readonly check?: LockedCheck | undefined }

/** So many wallets are swept for a budget that has no room left; more of them wait for whoever asks next. */
const sweptAtOnce = 50

/** Stripes of the accounts that every lane posts to: two lanes with one number merely wait for each other. */
const stripesMax = 16

/** The counter at which credits are given, held and spent: one lane over all wallets. */
export class Credits {
  readonly house: House
  readonly lane: Lane<Want, Desk>
  /** What wallets may be in. */
  readonly currencies: ReadonlySet<Currency>
  readonly #books: DeskBooks
  readonly #opened = new Set<string>()

  constructor(house: House, settings: LaneSettings = {}, currencies = currenciesWith([])) {
    this.house = house
    this.currencies = currencies
    const first = randomInt(0, stripesMax)
    const stripes = new Stripes(house, [first + 1, ((first + 1) % stripesMax) + 1])
    this.#books = new DeskBooks(house.zone, stripes)
    this.lane = new Lane<Want, Desk>(house, this.#books, settings)
  }

  /** Tells of the money that each batch moved, once it is committed. */
  onMoved(told: (moved: Moved) => void): void {
    this.#books.onMoved(told)
  }

  submit(asking: Asking, command: string, input: unknown, rule: LaneCommand<Want, Desk>): Promise<Answered> {
    const { principal, key, check } = asking
    const checked = check ? checkedRule(rule, check) : rule
    return this.lane.submit({ principal, key, command, input }, checked, asking)
  }

  async grant(asking: Asking, input: GrantInput): Promise<Answered> {
    if (!asking.dryRun) await this.open(input.owner, input.currency)
    const rule = grantCommand(input, (turn, grant) =>
      turn.add(sql.grantsTable, () => sql.grantLine(grant, turn.operation)),
    )
    return await this.submit(asking, 'credits.grant', told(input), rule)
  }

  async move(asking: Asking, input: MoveInput): Promise<Answered> {
    if (!asking.dryRun) await this.open(input.to, input.currency)
    return await this.submit(asking, 'credits.move', told(input), moveCommand(input))
  }

  async limit(asking: Asking, owner: string, currency: string, nanos: bigint): Promise<Answered> {
    if (!asking.dryRun) await this.open(owner, currency)
    const rule = limitCommand(owner, currency, nanos)
    return await this.submit(asking, 'credits.limit', told({ owner, currency, nanos }), rule)
  }

  async budget(asking: Asking, input: BudgetInput): Promise<Answered> {
    if (!asking.dryRun) await this.open(input.owner, input.currency)
    const rule = budgetCommand(input, (turn, id, wallet, { span, nanos }) =>
      turn.add(sql.budgetsTable, () => sql.budgetLine(id, wallet, span, nanos, turn.operation)),
    )
    return await this.submit(asking, 'credits.budget', told(input), rule)
  }

  /** One reservation as it was made; undefined when there is none. */
  async reservation(reader: Reader, id: bigint): Promise<Reservation | undefined> {
    return this.#books.reservation(reader, id)
  }

  /** A wallet is opened once, before a command that needs it. */
  async open(owner: string, currency: string): Promise<void> {
    const key = walletKey(owner, currency)
    if (this.#opened.has(key)) return
    const [there] = await findWallets(this.house.database.pool, [{ owner, currency }])
    if (!there) await openAccount(this.house, { owner, kind: 'wallet' }, currency, 0)
    this.#opened.add(key)
  }

  /** Asks for a hold, and once more if there was room left in the budget that refused it. */
  async withRoom(ask: () => Promise<Answered>): Promise<Answered> {
    try {
      return await ask()
    } catch (error) {
      await this.makeRoom(error)
    }
    return await ask()
  }

  /**
   * A budget counts what ran out on wallets that nobody touched since: what refused for that is swept first. It throws the refusal
   * where nothing ran out.
   */
  async makeRoom(refusal: unknown): Promise<void> {
    if (!(refusal instanceof BudgetExhausted)) throw refusal
    const due = await dueInBudgets(this.house.database.pool, refusal.wallet, sweptAtOnce)
    if (due.length === 0) throw refusal
    await Promise.all(due.map(({ owner, currency }) => this.sweep(owner, currency)))
  }

  /** Ends what ran out on one wallet, in the batch that this touches it with. */
  async sweep(owner: string, currency: string): Promise<void> {
    await this.lane.submit(
      { principal: 'bursar', key: `sweep ${randomUUID()}`, command: 'credits.sweep', input: null },
      { wants: { owners: [owner], currency }, decide: () => ({ ok: true, answer: null, apply() {} }) },
      { dryRun: true },
    )
  }
}

/** The rule, which a check under the locks may still refuse: what it refuses itself, it refuses in its own words. */
function checkedRule(rule: LaneCommand<Want, Desk>, check: LockedCheck): LaneCommand<Want, Desk> {
  const { look } = rule.wants
  let problem: Problem | undefined
  return {
    wants: {
      ...rule.wants,
      look: async (reader, desk) => {
        await look?.(reader, desk)
        problem = await check(reader)
      },
    },
    decide(desk, turn) {
      const decided = rule.decide(desk, turn)
      return decided.ok && problem ? { ok: false, problem } : decided
    },
  }
}

/** An input as it is digested: amounts as text, because JSON has no whole numbers of that size. */
const told = (input: object): unknown =>
  Object.fromEntries(
    Object.entries(input).map(([name, value]: [string, unknown]) => [
      name === 'nanos' ? 'nanos' : name,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  )

/** What operations on credits answer for. */
export const creditTables = [
  sql.grantsTable,
  sql.drawsTable,
  sql.reservationsTable,
  sql.stepsTable,
  sql.budgetsTable,
  sql.countsTable,
] as const
