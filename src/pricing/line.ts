import type { NotCharged } from './policy.ts'

export type Usage = {
  readonly startsAt: number
  readonly endsAt: number
  readonly quantities: Readonly<Record<string, string>>
  readonly dimensions: Readonly<Record<string, string>>
}

/** The same as JSON, where it is at hand: then only what is asked for is read of it. */
export type UsageTexts = { readonly quantitiesText: string; readonly dimensionsText: string }

export type RatedLine = {
  readonly component: string
  /** 0, or the place of this part when the usage was split. */
  readonly part: number
  readonly period: string
  /** The price version. */
  readonly price: bigint
  /** At nine places; what the amount was computed from is exact. */
  readonly quantity: bigint
  readonly nanos: bigint
  readonly currency: string
  /** The versions that made this line: its price, and its discount if there is one. */
  readonly uses: readonly bigint[]
}

/** `uses` are the versions beside those of its lines that decided it: the policy. */
export type Charged = {
  readonly outcome: 'charged'
  readonly lines: readonly RatedLine[]
  readonly uses: readonly bigint[]
}
export type Rating = Charged | NotCharged
