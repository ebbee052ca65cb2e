import type { Entry } from './lane-command.ts'

/**
 * The next batch, in order of arrival: nobody takes more than a quarter of it while others wait. Whoever gave up is
 * dropped.
 */
export function takeFairly<Want, State>(queue: readonly Entry<Want, State>[], most: number) {
  const waiting = queue.filter((entry) => !entry.isGone)
  if (waiting.length <= most) return { taken: waiting, left: [] }
  const share = Math.max(1, Math.floor(most / 4))
  const counts = new Map<string, number>()
  const chosen = new Set<Entry<Want, State>>()
  for (const entry of waiting) {
    if (chosen.size === most) break
    const count = counts.get(entry.call.principal) ?? 0
    if (count >= share) continue
    counts.set(entry.call.principal, count + 1)
    chosen.add(entry)
  }
  for (const entry of waiting) {
    if (chosen.size === most) break
    chosen.add(entry)
  }
  return {
    taken: waiting.filter((entry) => chosen.has(entry)),
    left: waiting.filter((entry) => !chosen.has(entry)),
  }
}
