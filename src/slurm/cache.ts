/**
 * Remembers what a text means. Slurm repeats the same few texts a million times; the bound keeps a hostile
 * or very varied input from filling the memory.
 */
export function remembered<Value>(parse: (text: string) => Value, max = 20_000): (text: string) => Value {
  const known = new Map<string, Value>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const value = parse(text)
    if (known.size >= max) known.clear()
    known.set(detached(text), value)
    return value
  }
}

/** A copy of its own: a slice would keep the whole block that it was cut from in memory. */
const detached = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')
