/** What leaves a wallet, or comes back to it. */
export type Spent = { readonly owner: string; readonly currency: string; nanos: bigint }
/**
 * What comes back of pages of usage, to who paid them or for whose usage they were. A page goes by the operation that
 * charged it; of several the newest comes first.
 */
export type GivenBack = Spent & { readonly pages: readonly bigint[] }
