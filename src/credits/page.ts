/** What leaves a wallet, or comes back to it. */
export type Spent = { readonly owner: string; readonly currency: string; nanos: bigint }
/**
 * What comes back of pages of usage, to who paid them or for whose usage they were. A page goes by the operation that
 * charged it; of several the newest comes first.
 */
export type GivenBack = Spent & {
  readonly pages: readonly bigint[]
  /** What true-ups gave back of the page before comes back of whatever else is in its pool. */
  readonly pool?: Pool
}

/** What a wallet paid on a page, and so much of it as did not go back; nothing of either where a true-up was paid. */
export type PaidPage = { readonly page: bigint; readonly paid: bigint; readonly live: bigint }
/** All that a wallet paid for usage that tiers or included volumes look at together. */
export type Pool = {
  readonly owner: string
  readonly currency: string
  /** The newest first. */
  readonly pages: readonly PaidPage[]
  /** What true-ups added to it in sum, and less where they gave back more. */
  readonly added: bigint
}

export const pagesOf = (givenBack: readonly GivenBack[], pools: readonly Pool[] = []): bigint[] => [
  ...new Set([
    ...givenBack.flatMap(({ pages, pool }) => [...pages, ...pagesIn(pool)]),
    ...pools.flatMap((pool) => pagesIn(pool)),
  ]),
]

const pagesIn = (pool: Pool | undefined): bigint[] => pool?.pages.map(({ page }) => page) ?? []

/** So much of what comes back, of these pages: of those that charged it, before anything comes back of others. */
export type Part = { readonly of: GivenBack; readonly pages: ReadonlySet<bigint>; readonly isOfOthers: boolean }

export const inTurn = (givenBack: readonly GivenBack[]): Part[] => [
  ...givenBack.map((of) => ({ of, pages: new Set(of.pages), isOfOthers: false })),
  ...givenBack.flatMap((of) => (of.pool ? [{ of, pages: new Set(pagesIn(of.pool)), isOfOthers: true }] : [])),
]

/** Of what was drawn or counted at first for a page, so much belongs to what still stands of it; what comes back came of that first. */
const standing = (first: bigint, { paid, live }: PaidPage): bigint => least(live, most(0n, first - paid + live))

/** Of what comes back of a page, so much was drawn or counted for it at first, whatever true-ups gave back of it since. */
export function dueBack({ pages, pool, nanos }: GivenBack, firstOf: (page: bigint) => bigint): bigint {
  const of = pool?.pages.find(({ page }) => page === pages[0])
  if (!of) return 0n
  const first = firstOf(of.page)
  return standing(first, { ...of, live: of.live + nanos }) - standing(first, of)
}

/**
 * How much more may be drawn or counted for true-ups: no more than was for what still stands, with what they added to it, and
 * no more than all of it comes to. What lies beyond only takes back what had come back too much, and was drawn of other credits, or
 * counted nowhere.
 */
export function roomFor({ pages, added }: Pool, firstOf: (page: bigint) => bigint, left: bigint): bigint {
  const own = pages.reduce((sum, of) => sum + standing(firstOf(of.page), of), 0n)
  const all = pages.reduce((sum, { live }) => sum + live, added)
  return most(0n, least(own + most(0n, added), all) - left)
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)
