import type { ToldFact } from './texts.ts'

/**
 * Facts as few large pieces, for handing from one thread to another: their texts as they go into rows and digests, one
 * after the other, and where each of them stands. Objects would be copied one by one, and collected one by one.
 */
export type Pack = {
  readonly text: Uint8Array<ArrayBuffer>
  /** For each fact as many as `stride`: see `place`. */
  readonly places: Int32Array<ArrayBuffer>
  /** For each fact its start, its end and when it was measured. */
  readonly moments: Float64Array<ArrayBuffer>
}

/** Packs with the words that were not in packs before; from 0 on when those are to be forgotten. */
export type Packed = { readonly packs: readonly Pack[]; readonly from: number; readonly words: readonly string[] }

/**
 * The bytes of a fact's text, then which of its characters begin its parts; each ends where the next begins, and what it
 * told stands first. Then come the numbers of its words. Behind its text stand the bytes of its raw row.
 */
export const place = {
  from: 0,
  name: 1,
  row: 2,
  quantities: 3,
  dimensions: 4,
  seal: 5,
  plain: 6,
  end: 7,
  raw: 8,
  source: 9,
  service: 10,
  subtype: 11,
  project: 12,
  person: 13,
  provider: 14,
  final: 15,
  bytes: 16,
} as const
export const stride = 17

/** Digest and salt of the raw row. */
export const sealLength = 64

/** What COPY writes otherwise than it is, of the few facts that have something of that kind. */
export type Plain = Pick<ToldFact, 'externalId' | 'quantities' | 'dimensions'>
