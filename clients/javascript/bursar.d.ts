import type {
  ExtendRequest,
  Granted,
  GrantRequest,
  Held,
  HoldRequest,
  Kept,
  Moved,
  MoveRequest,
  RefundAnswer,
  RefundRequest,
  Released,
  Reservation,
  Settled,
  SettleRequest,
  Wallets,
} from './contract.js'

export type * from './contract.js'
export type Wallet = Wallets['items'][number]

/** The same key again is the same request again: it has no second effect, and the same answer. */
export type Options = { readonly key?: string }

export type Settings = {
  /** `http://127.0.0.1:8100`; without it the variable BURSAR_URL. */
  readonly url?: string
  /** `bsr_…`; without it the variable BURSAR_KEY. */
  readonly key?: string
  /** How often one request is sent when no answer comes, or a 503: 10 unless told, which takes some eight seconds. */
  readonly attemptsMax?: number
  readonly timeoutMilliseconds?: number
  readonly fetch?: typeof globalThis.fetch
}

export declare class BursarProblem extends Error {
  readonly status: number
  /** `insufficient-credits`, `not-found` …: see docs/problems. */
  readonly type: string
  /** What it was asked under. */
  readonly key: string
  /** Whether the request may have been done all the same: with the same key it may be asked again. */
  readonly isUnsure: boolean
  readonly body: { readonly [member: string]: unknown }
}

/** What was asked for wants a second person: it is done when somebody approves it. */
export declare class BursarWaits extends Error {
  readonly approval: string
  readonly body: { readonly [member: string]: unknown }
}

export declare class BursarUnreachable extends Error {
  readonly key: string
}

type Named = string | { readonly id: string }
type Open = Held & { settle(used: string | SettleRequest, options?: Options): Promise<Settled> }

export declare class Bursar {
  constructor(settings?: Settings)
  ask(
    method: string,
    path: string,
    body?: unknown,
    options?: Options,
  ): Promise<{ readonly status: number; readonly body: { readonly [member: string]: unknown } }>
  hold(request: HoldRequest, options?: Options): Promise<Held>
  settle(reservation: Named, used: string | SettleRequest, options?: Options): Promise<Settled>
  grow(reservation: Named, amount: string, options?: Options): Promise<Kept>
  extend(reservation: Named, duration: ExtendRequest, options?: Options): Promise<Kept>
  release(reservation: Named, options?: Options): Promise<Released>
  /** What `work` does not settle is released, but not where it is unknown what became of a settling. */
  withHold<Result>(request: HoldRequest, work: (held: Open) => Promise<Result>, options?: Options): Promise<Result>
  grant(request: GrantRequest, options?: Options): Promise<Granted>
  move(request: MoveRequest, options?: Options): Promise<Moved>
  refund(request: RefundRequest, options?: Options): Promise<RefundAnswer>
  reservation(reservation: Named): Promise<Reservation>
  wallets(payer: string): Promise<readonly Wallet[]>
}
