import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { advance, courseOf, isAfter, type JobEvent, waiting } from './course.ts'

const told = (kind: JobEvent['kind'], at: number, instances: bigint | null = null): JobEvent => ({
  kind,
  at,
  instances,
  count: null,
})
const oneshot = (at: number, count: bigint): JobEvent => ({ kind: 'oneshot', at, instances: null, count })

const cases: readonly (readonly [string, readonly JobEvent[], bigint, number | null, number | null])[] = [
  ['start and finish', [told('started', 100, 2n), told('finished', 160)], 120n, 100, 160],
  ['started without saying how many', [told('started', 100), told('finished', 110)], 30n, 100, 110],
  ['finish without a start', [told('finished', 160)], 0n, 160, 160],
  ['a sign of life without a start', [told('running', 100), told('finished', 160)], 180n, 100, 160],
  ['started twice', [told('started', 100, 1n), told('started', 130, 1n), told('finished', 160)], 60n, 100, 160],
  ['instances changed', [told('started', 100, 1n), told('running', 130, 4n), told('finished', 160)], 150n, 100, 160],
  ['two ends: the earlier', [told('started', 100, 1n), told('finished', 160), told('finished', 190)], 60n, 100, 160],
  ['alive after the end', [told('started', 100, 1n), told('finished', 160), told('running', 190)], 60n, 100, 160],
  ['still running', [told('started', 100, 1n), told('running', 190)], 90n, 100, null],
  ['all at once', [told('started', 100, 1n), told('running', 100), told('finished', 100)], 0n, 100, 100],
  ['oneshot', [oneshot(100, 7n)], 7n, 100, 100],
  ['oneshot told twice with other counts: the earlier', [oneshot(120, 9n), oneshot(100, 7n)], 7n, 100, 100],
]

for (const [name, events, units, startedAt, finishedAt] of cases) {
  test(`${name}: the same in whatever order and however often it is told`, () => {
    const turns = [events, events.toReversed(), [...events, ...events]]
    for (const turn of turns) {
      const course = courseOf(3n, [...new Set(turn)])
      assert.deepEqual([course.units, course.startedAt, course.finishedAt], [units, startedAt, finishedAt])
    }
  })
}

test('what is told in the order of time can go on from where it is', () => {
  const event = fc.record({
    kind: fc.constantFrom('started', 'running', 'finished' as const),
    at: fc.integer({ min: 0, max: 50 }),
    instances: fc.option(fc.bigInt(0n, 5n)),
    count: fc.constant(null),
  })
  fc.assert(
    fc.property(fc.array(event), (events: readonly JobEvent[]) => {
      const sorted = [...events].sort((a, b) => a.at - b.at)
      let course = waiting(2n)
      const seen: JobEvent[] = []
      for (const each of sorted) {
        seen.push(each)
        course = isAfter(course, each) ? advance(course, each) : courseOf(2n, seen)
        assert.deepEqual(course, courseOf(2n, seen.toReversed()))
      }
    }),
  )
})
