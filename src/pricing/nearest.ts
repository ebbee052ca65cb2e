/** Letters to change, add, remove or swap with their neighbour, to make one word of the other. */
function distance(a: string, b: string): number {
  let [older, previous] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (older[j - 2] ?? 0) + 1)
      current.push(best)
    }
    ;[older, previous] = [previous, current]
  }
  return previous[b.length] ?? 0
}

/** The known word that was probably meant; undefined when none is near. */
function nearest(word: string, known: Iterable<string>): string | undefined {
  let found: string | undefined
  let best = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of [...known].sort()) {
    const away = distance(word.slice(0, 80), candidate)
    if (away < best) [found, best] = [candidate, away]
  }
  return found
}

export const didYouMean = (word: string, known: Iterable<string>): string => {
  const near = nearest(word, known)
  return near === undefined ? '' : `: did you mean ${near}?`
}
