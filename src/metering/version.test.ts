import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Content, contentOf, join, keptOf, type Standing, standingOf } from './version.ts'

const some = (values: Readonly<Record<string, string>>) =>
  fc.subarray(Object.keys(values)).map((keys) => Object.fromEntries(keys.map((key) => [key, values[key] as string])))

/** Versions that tell different parts, contradict each other in each of them, and were often measured at one time. */
const version = fc
  .record({
    final: fc.boolean(),
    measuredAt: fc.integer({ min: 1, max: 4 }),
    endsAt: fc.constantFrom(2000, 2000, 2000, 3000),
    person: fc.constantFrom(null, 'alice'),
    quantities: fc
      .record({ a: fc.constantFrom('1', '1', '2'), b: fc.constantFrom('1', '2'), c: fc.constant('3') })
      .chain(some),
    dimensions: fc.record({ state: fc.constantFrom('x', 'y'), code: fc.constantFrom('1', '2') }).chain(some),
  })
  .map(({ measuredAt, ...more }): Standing => {
    const content: Content = { service: 's', subtype: 't', startsAt: 1000, project: 'p', provider: 'v', ...more }
    return standingOf(content, measuredAt, null)
  })

/** As it is after it was written down and read again. */
function written(standing: Standing): Standing {
  const content = contentOf(standing)
  const kept = keptOf(standing, content)
  return standingOf(content, standing.top[0], kept && (JSON.parse(JSON.stringify(kept)) as typeof kept))
}

const told = (standing: Standing) => ({
  ...contentOf(standing),
  kept: keptOf(standing, contentOf(standing)),
  top: standing.top,
})
const all = (versions: readonly Standing[]) =>
  versions.reduce((one, other) => written(join(written(one), written(other))))

test('whatever the order in which versions come, in which parts, and how often, the same stands', () => {
  const versions = fc.array(version, { minLength: 2, maxLength: 6 })
  const orders = versions.chain((given) =>
    fc.record({
      given: fc.constant(given),
      shuffled: fc.shuffledSubarray([...given, ...given], { minLength: given.length * 2 }),
      cut: fc.integer({ min: 1, max: given.length * 2 - 1 }),
    }),
  )
  fc.assert(
    fc.property(orders, ({ given, shuffled, cut }) => {
      const once = told(all(given))
      assert.deepEqual(told(all(shuffled)), once)
      assert.deepEqual(told(join(all(shuffled.slice(0, cut)), all(shuffled.slice(cut)))), once)
      assert.deepEqual(told(join(all(given), all(given))), once)
    }),
    { numRuns: 5000 },
  )
})

/** The rule as it is said, of all versions at once. */
function naive(versions: readonly Standing[]): Content {
  const final = versions.some((each) => each.final)
  const above = (one: Standing, other: Standing) => one.top[0] - other.top[0] || (one.top[1] > other.top[1] ? 1 : -1)
  const sorted = versions.filter((each) => each.final === final).sort(above)
  const names = new Set(sorted.flatMap(({ parts }) => [...parts.keys()]))
  const valueOf = (name: string) => sorted.findLast(({ parts }) => parts.has(name))?.parts.get(name)?.value
  const isEnded = ({ parts }: Standing) =>
    [...parts].some(([name, { value }]) => /^(is|quantity) /.test(name) && valueOf(name) !== value)
  const floor = sorted.findLastIndex(isEnded)
  const kept = sorted.slice(floor + 1)
  const last = kept.at(-1) as Standing
  const parts = new Map(
    [...names].flatMap((name) => {
      const part = kept.findLast((each) => each.parts.has(name))?.parts.get(name)
      return part ? [[name, part] as const] : []
    }),
  )
  return contentOf({ ...last, parts })
}

test('what stands is what the rule says of all versions together', () => {
  fc.assert(
    fc.property(fc.array(version, { minLength: 1, maxLength: 6 }), (versions) => {
      assert.deepEqual(contentOf(all(versions)), naive(versions))
    }),
    { numRuns: 5000 },
  )
})
