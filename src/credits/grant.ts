import { Problem } from '../http/problem.ts'
import type { AccountName } from '../ledger/transfer.ts'
import { available, restateOverrun, type Wallet } from '../ledger/wallet.ts'
import type { LaneCommand, Turn } from '../operations/lane-command.ts'
import { assert } from '../values/assert.ts'
import { numbered } from '../values/id.ts'
import { nanosMax, nanosText } from '../values/money.ts'
import type { Desk, Want } from './desk.ts'
import { house } from './end.ts'
import { nextExpiryOf, spendFrom } from './lot.ts'

export type Grant = {
  readonly id: bigint
  readonly wallet: bigint
  readonly nanos: bigint
  /** A word: purchase, allocation, gift, refund … */
  readonly origin: string
  readonly expiresAt: number | null
  readonly transfer: bigint
}

export type GrantInput = {
  readonly owner: string
  readonly currency: string
  readonly nanos: bigint
  readonly origin: string
  readonly expiresAt: number | null
}

type WriteGrant = (turn: Turn, grant: Grant) => void

/** Gives credits to a wallet that exists; debt is paid off first, because it is what the wallet holds below zero. */
export const grantCommand = (input: GrantInput, write: WriteGrant): LaneCommand<Want, Desk> => ({
  wants: { owners: [input.owner], currency: input.currency },
  decide(desk, turn) {
    const { owner, currency, nanos, expiresAt } = input
    const wallet = walletAt(desk, owner, currency)
    if (wallet.posted + nanos >= nanosMax) return tooMuch
    if (expiresAt !== null && expiresAt <= turn.at) return pastExpiry
    const id = turn.nextId()
    return {
      ok: true,
      status: 201,
      answer: {
        id: numbered('grant', id),
        currency,
        amount: nanosText(nanos),
        origin: input.origin,
        expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
        available: nanosText(available(wallet) + nanos),
      },
      apply() {
        const transfer = desk.post(
          turn,
          { debit: funding, credit: { owner, kind: 'wallet' }, nanos, reason: 'grant' },
          currency,
        )
        write(turn, { id, wallet: wallet.id, nanos, origin: input.origin, expiresAt, transfer })
        if (expiresAt !== null) putLot(desk, turn, wallet, { grant: id, expiresAt, nanos })
        desk.payDebt(turn, wallet)
      },
    }
  },
})

const funding: AccountName = { owner: house, kind: 'credits_granted' }

const tooMuch = {
  ok: false,
  problem: new Problem('request-invalid', { detail: 'amount: the wallet would hold 1e20 or more.' }),
} as const
const pastExpiry = {
  ok: false,
  problem: new Problem('request-invalid', {
    detail: 'expiresAt: lies in the past; name a later time, or leave it out.',
  }),
} as const

const sameWallet = {
  ok: false,
  problem: new Problem('request-invalid', { detail: 'to: is the wallet that credits leave; name another.' }),
} as const

export type MoveInput = {
  readonly from: string
  readonly to: string
  readonly currency: string
  readonly nanos: bigint
}

/** Moves credits between wallets; dated ones keep their dates and go first, the soonest before the others. */
export const moveCommand = (input: MoveInput): LaneCommand<Want, Desk> => ({
  wants: { owners: [input.from, input.to], currency: input.currency, lots: true },
  decide(desk, turn) {
    const { from, to, currency, nanos } = input
    if (from === to) return sameWallet
    const source = desk.wallet(from, currency)
    const free = source ? source.posted - source.held : 0n
    if (!source || free < nanos) {
      const problem = new Problem('insufficient-credits', {
        currency,
        asked: nanosText(nanos),
        available: nanosText(free > 0n ? free : 0n),
      })
      return { ok: false, problem }
    }
    const target = walletAt(desk, to, currency)
    if (target.posted + nanos >= nanosMax) return tooMuch
    return {
      ok: true,
      answer: {
        currency,
        amount: nanosText(nanos),
        from: nanosText(available(source) - nanos),
        to: nanosText(available(target) + nanos),
      },
      apply() {
        const draws = source.nextExpiry === null ? [] : spendFrom(desk.lotsOf(source), nanos, turn.at)
        desk.draw(turn, draws, undefined)
        desk.post(
          turn,
          { debit: { owner: from, kind: 'wallet' }, credit: { owner: to, kind: 'wallet' }, nanos, reason: 'move' },
          currency,
        )
        for (const { lot, posted } of draws) {
          putLot(desk, turn, target, { grant: lot.grant, expiresAt: lot.expiresAt, nanos: -posted })
        }
        desk.payDebt(turn, target)
      },
    }
  },
})

/** How far a wallet may go below zero. Lowered below what is used, the rest stands as overrun. */
export const limitCommand = (owner: string, currency: string, nanos: bigint): LaneCommand<Want, Desk> => ({
  wants: { owners: [owner], currency },
  decide(desk) {
    const wallet = walletAt(desk, owner, currency)
    return {
      ok: true,
      answer: {
        // Told for the books as well: no row but the wallet's says what was set.
        ...(wallet.id > 0n && { wallet: numbered('account', wallet.id) }),
        currency,
        creditLimit: nanosText(nanos),
        available: nanosText(available(wallet) - wallet.creditLimit + nanos),
      },
      apply() {
        requireOpened(wallet)
        wallet.creditLimit = nanos
        restateOverrun(wallet)
        desk.changedWallets.add(wallet)
      },
    }
  },
})

/** Adds dated credits to a wallet: to its lot of that grant, or as a new one. */
function putLot(
  desk: Desk,
  turn: Turn,
  wallet: Wallet,
  { grant, expiresAt, nanos }: { readonly grant: bigint; readonly expiresAt: number; readonly nanos: bigint },
): void {
  let lot = desk.lotsOf(wallet).find((each) => each.grant === grant)
  if (!lot) {
    lot = { id: turn.nextId(), wallet: wallet.id, grant, expiresAt, posted: 0n, held: 0n }
    desk.addLot(wallet, lot)
  }
  desk.draw(turn, [{ lot, posted: nanos, held: 0n }], undefined)
  wallet.nextExpiry = nextExpiryOf(desk.lotsOf(wallet))
}

/** Wallets are opened before a command that needs one is submitted; what is only tried opens none, and sees an empty one. */
export const walletAt = (desk: Desk, owner: string, currency: string): Wallet =>
  desk.wallet(owner, currency) ?? { ...unopened, owner, currency }

const unopened = {
  id: 0n,
  kind: 'wallet',
  posted: 0n,
  entries: 0n,
  held: 0n,
  overrun: 0n,
  creditLimit: 0n,
  nextExpiry: null,
  nextDue: null,
  budgets: 0,
  lastAt: 0,
} as const

export function requireOpened({ id, owner, currency }: Wallet): void {
  assert(id > 0n, `the wallet of ${owner} in ${currency} was opened before`)
}
