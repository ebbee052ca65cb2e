import type { Random } from '../proof/random.ts'

const oddities: readonly unknown[] = [
  null,
  '',
  ' ',
  -1,
  0,
  1.5,
  1e21,
  '1e400',
  'NaN',
  '-0',
  'null',
  true,
  [],
  {},
  [[[[]]]],
  'a\0b',
  '\ud800',
  '🎓'.repeat(40),
  'x'.repeat(5000),
  "'; drop table ledger.transfers; --",
  '%00',
  '../../etc/passwd',
  '__proto__',
  '9'.repeat(40),
  '0.0000000001',
  '2026-02-30',
  '2026-13-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  'op_99999999999999999999',
]

/** The value with one thing about it changed that nobody expects. */
export function harmed(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random(10) === 0) return oddities[random(oddities.length)]
  const entries = Object.entries(value)
  const [name, inner] = entries[random(Math.max(1, entries.length))] ?? ['', undefined]
  const others = entries.filter(([other]) => other !== name)
  const choice = random(6)
  const changed =
    choice === 0
      ? others
      : choice === 1
        ? [
            ...entries,
            [['surplus', '__proto__', 'constructor', 'id'][random(4)] as string, oddities[random(oddities.length)]],
          ]
        : [...others, [name, choice === 2 ? oddities[random(oddities.length)] : harmed(inner, random)]]
  if (Array.isArray(value)) return changed.map(([, item]) => item as unknown)
  return Object.fromEntries(changed as [string, unknown][])
}
