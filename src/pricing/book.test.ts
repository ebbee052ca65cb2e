import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import type { Who } from './book.ts'
import type { PriceVersion, ScopeKind } from './definition.ts'
import { rate } from './rate.ts'
import { discount, flat, on, policy, resolved, usage, version } from './testing.ts'

const core = 'cpu_core_seconds'
const priced = (price: string, scopeKind: ScopeKind, scope: string, more: Partial<PriceVersion> = {}) =>
  version('cpu', flat(core, price), { scopeKind, scope, ...more })

/** The amount for one core-second, in nanos. */
function cost(
  versions: readonly PriceVersion[],
  who: Partial<Who> = {},
  quantities: Record<string, string> = { [core]: '1' },
): bigint | string {
  const rating = rate(resolved(versions, who), usage(quantities))
  return rating.outcome === 'charged' ? rating.lines.reduce((sum, { nanos }) => sum + nanos, 0n) : rating.reason
}
const unit = 1_000_000_000n

test('the most specific scope wins: person, project, organisation, tier, everybody', () => {
  const scopes = [
    priced('1', 'default', ''),
    priced('2', 'tier', 'mu'),
    priced('3', 'organisation', 'org-1'),
    priced('4', 'project', 'prj-1'),
    priced('5', 'person', 'per-1'),
  ]
  for (let known = 1; known <= scopes.length; known += 1) {
    assert.equal(cost(scopes.slice(0, known).reverse()), unit * BigInt(known))
  }
  assert.equal(cost(scopes, { person: null }), 4n * unit)
  assert.equal(cost(scopes, { person: 'per-2', project: 'prj-2' }), 3n * unit)
  assert.equal(cost(scopes, { person: null, project: 'prj-2', organisation: 'org-2', tier: 'gov' }), unit)
})

test('within a scope the subtype by name wins over any, and a scope wins over a subtype', () => {
  const any = priced('1', 'default', '')
  const batch = priced('2', 'default', '', { subtype: 'batch' })
  const tier = priced('3', 'tier', 'mu')
  assert.equal(cost([any, batch]), 2n * unit)
  assert.equal(cost([any, batch], { subtype: 'debug' }), unit)
  assert.equal(cost([any, batch, tier]), 3n * unit)
})

test('an override replaces its component only', () => {
  const versions = [
    priced('1', 'default', ''),
    version('gpu', flat('gpu_seconds', '10')),
    version('gpu', flat('gpu_seconds', '0'), { scopeKind: 'project', scope: 'prj-1' }),
  ]
  assert.equal(cost(versions, {}, { [core]: '1', gpu_seconds: '1' }), unit)
  assert.equal(cost(versions, { project: 'prj-2' }, { [core]: '1', gpu_seconds: '1' }), 11n * unit)
})

test('where an override has ended or has not begun, the general price holds', () => {
  const general = priced('1', 'default', '')
  const override = priced('2', 'tier', 'mu')
  assert.equal(
    cost([general, override, version('cpu', null, { scopeKind: 'tier', scope: 'mu', validFrom: on('2026-11-01') })]),
    unit,
  )
  assert.equal(cost([general, priced('2', 'tier', 'mu', { validFrom: on('2027-01-01') })]), unit)
})

test('a person of no known name has no price of a person', () => {
  assert.equal(cost([priced('1', 'default', ''), priced('2', 'person', 'per-1')], { person: null }), unit)
})

test('a scope is no other scope of the same name', () => {
  assert.equal(cost([priced('1', 'default', ''), priced('2', 'project', 'mu')]), unit)
})

test('the greatest revision of one beginning counts, in whatever order versions are read', () => {
  const versions = [1, 3, 2].map((revision) => priced(String(revision), 'default', '', { revision }))
  assert.equal(cost(versions), 3n * unit)
})

test('the most specific discount holds, and one only', () => {
  const price = priced('100', 'default', '')
  assert.equal(cost([price, discount('10')]), 90n * unit)
  assert.equal(cost([price, discount('10'), discount('20', { scopeKind: 'organisation', scope: 'org-1' })]), 80n * unit)
  assert.equal(cost([price, discount('10'), discount('5', { component: 'cpu' })]), 95n * unit)
  assert.equal(cost([price, discount('10', { service: '*' }), discount('7', { service: 'slurm' })]), 93n * unit)
  assert.equal(cost([price, discount('10', { service: 'storage' })]), 100n * unit)
  assert.equal(cost([price, discount('100')]), 0n)
})

test('a line names the versions that made it', () => {
  const price = priced('100', 'default', '')
  const less = discount('10')
  const uses = (versions: PriceVersion[]) => {
    const rating = rate(resolved(versions), usage({ [core]: '1' }))
    return rating.outcome === 'charged' && rating.lines[0]?.uses
  }
  assert.deepEqual(uses([price]), [price.id])
  assert.deepEqual(uses([price, less]), [price.id, less.id])
})

test('the most specific policy holds, dated like a price', () => {
  const price = priced('1', 'default', '')
  const free = policy({ endStates: { COMPLETED: 'free' } }, { scopeKind: 'tier', scope: 'mu' })
  const later = policy(
    { endStates: { COMPLETED: 'charge' } },
    { scopeKind: 'tier', scope: 'mu', validFrom: on('2026-11-10') },
  )
  assert.match(String(cost([price, free])), /free by the policy/)
  assert.equal(cost([price, free], { tier: 'gov' }), unit)
  assert.equal(cost([price, free, later]), unit)
})

test('parties without versions of their own share one entry, however many they are', () => {
  const versions = [priced('1', 'default', ''), priced('2', 'project', 'prj-1')]
  const once = resolved(versions)
  assert.equal(once.components.length, 1)
  assert.equal(cost(versions, { project: 'prj-1', person: 'per-77' }), 2n * unit)
  assert.equal(cost(versions, { project: 'prj-9', person: 'per-77' }), unit)
})
