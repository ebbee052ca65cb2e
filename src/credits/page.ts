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
export type PaidPage = { readonly paid: bigint; readonly live: bigint }
/** All that a wallet paid for usage that tiers or included volumes look at together. */
export type Pool = {
  readonly owner: string
  readonly currency: string
  readonly pages: ReadonlyMap<bigint, PaidPage>
  /** What true-ups added to it in sum, and less where they gave back more. */
  readonly added: bigint
}

export function pagesOf(givenBack: readonly GivenBack[], pools: readonly Pool[] = []): bigint[] {
  const pages = new Set(givenBack.flatMap((of) => of.pages))
  // Thousands may come back of one pool.
  const distinct = new Set([...pools, ...givenBack.flatMap(({ pool }) => (pool ? [pool] : []))])
  for (const pool of distinct) for (const page of pool.pages.keys()) pages.add(page)
  return [...pages]
}

export const byOwner = (givenBack: readonly GivenBack[]) =>
  Map.groupBy(givenBack, ({ owner, currency }) => `${owner} ${currency}`)

/** What was drawn or counted for a page at first, and so much of it as did not come back. */
export type Taken = { readonly page: bigint; readonly first: bigint; left: bigint }

/**
 * Gives back of what one wallet drew, or one budget counted, in its order: of the pages that charged what comes back, before anything
 * comes back of others.
 */
export function takeBack<Each extends Taken>(
  taken: readonly Each[],
  givenBack: readonly GivenBack[],
  give: (of: Each, nanos: bigint) => void,
): void {
  const byPage = Map.groupBy(taken, ({ page }) => page)
  const firstOf = (page: bigint) => (byPage.get(page) ?? []).reduce((sum, { first }) => sum + first, 0n)
  const doneOf = new Map<GivenBack, bigint>()
  for (const of of givenBack) {
    const [page, ...more] = of.pages
    const pages = new Set(of.pages)
    const own = more.length > 0 ? taken.filter((each) => pages.has(each.page)) : byPage.get(page ?? 0n)
    doneOf.set(of, takeInTurn(own ?? [], give)(of.nanos))
  }
  for (const [pool, alike] of Map.groupBy(givenBack, (of) => of.pool)) {
    if (!pool) continue
    const take = takeInTurn(
      taken.filter((each) => pool.pages.has(each.page)),
      give,
    )
    for (const of of alike) take(dueBack(of, firstOf) - (doneOf.get(of) ?? 0n))
  }
}

/** What has nothing left is not looked at again. */
function takeInTurn<Each extends Taken>(taken: readonly Each[], give: (of: Each, nanos: bigint) => void) {
  let at = 0
  return (nanos: bigint): bigint => {
    let open = nanos
    for (let each = taken[at]; each && open > 0n; each = taken[at]) {
      const part = least(each.left, open)
      if (part > 0n) {
        give(each, part)
        each.left -= part
        open -= part
      }
      if (each.left <= 0n) at += 1
    }
    return nanos - open
  }
}

/** Of what was drawn or counted at first for a page, so much belongs to what still stands of it; what comes back came of that first. */
const standing = (first: bigint, { paid, live }: PaidPage): bigint => least(live, most(0n, first - paid + live))

/** Of what comes back of a page, so much was drawn or counted for it at first, whatever true-ups gave back of it since. */
function dueBack({ pages, pool, nanos }: GivenBack, firstOf: (page: bigint) => bigint): bigint {
  const [page = 0n] = pages
  const of = pool?.pages.get(page)
  if (!of) return 0n
  const first = firstOf(page)
  return standing(first, { ...of, live: of.live + nanos }) - standing(first, of)
}

/**
 * How much more may be drawn or counted for true-ups: no more than was for what still stands, with what they added to it, and
 * no more than all of it comes to. What lies beyond only takes back what had come back too much, and was drawn of other credits, or
 * counted nowhere.
 */
export function roomFor({ pages, added }: Pool, taken: readonly Taken[]): bigint {
  const firsts = new Map<bigint, bigint>()
  let left = 0n
  for (const each of taken) {
    if (!pages.has(each.page)) continue
    firsts.set(each.page, (firsts.get(each.page) ?? 0n) + each.first)
    left += each.left
  }
  let [own, all] = [0n, added]
  for (const [page, of] of pages) {
    own += standing(firsts.get(page) ?? 0n, of)
    all += of.live
  }
  return most(0n, least(own + most(0n, added), all) - left)
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)
