/** What leaves a wallet, or comes back to it. */
export type Spent = { readonly owner: string; readonly currency: string; nanos: bigint }
/**
 * What comes back of pages of usage, to who paid them or for whose usage they were. A page goes by the operation that
 * charged it; of several the newest comes first.
 */
export type GivenBack = Spent & {
  readonly pages: readonly bigint[]
  /**
   * What came back of these before for other charges of a month with true-ups comes back of whatever else they look at;
   * and what came back for their own charges.
   */
  readonly others?: { readonly pages: readonly bigint[]; readonly cameBack: bigint }
}

export const pagesOf = (givenBack: readonly GivenBack[]): bigint[] => [
  ...new Set(givenBack.flatMap(({ pages, others }) => [...pages, ...(others?.pages ?? [])])),
]

/** So much of what comes back, of these pages: of those that charged it, before anything comes back of others. */
export type Part = { readonly of: GivenBack; readonly pages: ReadonlySet<bigint>; readonly isOfOthers: boolean }

export const inTurn = (givenBack: readonly GivenBack[]): Part[] => [
  ...givenBack.map((of) => ({ of, pages: new Set(of.pages), isOfOthers: false })),
  ...givenBack.flatMap((of) => (of.others ? [{ of, pages: new Set(of.others.pages), isOfOthers: true }] : [])),
]
