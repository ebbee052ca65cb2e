/** What holds from each moment on; before the first moment, and where the value is undefined, nothing does. */
export type Timeline<Value> = { readonly starts: readonly number[]; readonly values: readonly (Value | undefined)[] }

/** The place of the value that holds at a moment; -1 before the first. Searched from the end: usage is mostly recent. */
export function indexAt({ starts }: Timeline<unknown>, ms: number): number {
  let index = starts.length - 1
  while (index >= 0 && (starts[index] as number) > ms) index -= 1
  return index
}

export function valueAt<Value>(timeline: Timeline<Value>, ms: number): Value | undefined {
  return timeline.values[indexAt(timeline, ms)]
}

/** Asks at every moment at which something may change, and joins neighbours that are the same. */
export function timelineOf<Value>(moments: Iterable<number>, ask: (ms: number) => Value | undefined): Timeline<Value> {
  const starts: number[] = []
  const values: (Value | undefined)[] = []
  for (const moment of [...new Set(moments)].sort((a, b) => a - b)) {
    const value = ask(moment)
    if (value === values.at(-1) && (values.length > 0 || value === undefined)) continue
    starts.push(moment)
    values.push(value)
  }
  return { starts, values }
}
