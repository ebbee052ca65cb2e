/** Chance that can be had again: the same numbers for the same seed. */
export type Random = (below: number) => number

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  // xorshift32, which never leaves zero.
  if (state === 0) state = 0x9e3779b9
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % below
  }
}

/** `PROOF_SEED`, or one of the clock; every run prints it. */
export const seedOfRun = Number(process.env['PROOF_SEED'] ?? Math.floor(Date.now() / 1000) % 1_000_000)

export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const all = [...items]
  for (let last = all.length - 1; last > 0; last--) {
    const other = random(last + 1)
    ;[all[last], all[other]] = [all[other] as Item, all[last] as Item]
  }
  return all
}
