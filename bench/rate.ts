import { strict as assert } from 'node:assert'
import { compileBook, resolve, type Who } from '../src/pricing/book.ts'
import type { PriceDefinition, PriceVersion } from '../src/pricing/definition.ts'
import { priceByHand } from '../src/pricing/explain.ts'
import { type Expression, parseFormula } from '../src/pricing/formula.ts'
import {
  type Fraction,
  fraction,
  isLess,
  minus,
  over,
  parseFraction,
  plus,
  times,
  toPlaces,
  zero,
} from '../src/pricing/fraction.ts'
import type { Usage } from '../src/pricing/line.ts'
import { rate } from '../src/pricing/rate.ts'
import { periodOf } from '../src/values/period.ts'
import type { BenchResult } from './result.ts'

/** Three components: tiers over a formula, a plain price, and a formula with a division; a discount for the tier. */
const zone = 'Asia/Bangkok'
const version = (
  id: bigint,
  component: string,
  definition: object,
  more: Partial<PriceVersion> = {},
): PriceVersion => ({
  id,
  kind: 'price',
  service: 'slurm',
  subtype: '*',
  component,
  scopeKind: 'tier',
  scope: 'mu',
  validFrom: Date.UTC(2020, 0, 1),
  definition,
  revision: 1,
  book: 1,
  ...more,
})
const cpu: PriceDefinition = {
  currency: 'THB',
  quantity: 'max(cpu_core_seconds, memory_byte_seconds / 4294967296) / 3600',
  graduated: [
    { upTo: '10', price: '1' },
    { upTo: '100', price: '0.9' },
    { upTo: null, price: '0.8' },
  ],
}
const gpu: PriceDefinition = { currency: 'THB', quantity: 'gpu_seconds', flat: { price: '5', per: '3600' } }
const memory: PriceDefinition = {
  currency: 'THB',
  quantity: 'memory_byte_seconds / 1073741824',
  flat: { price: '0.5', per: '3600' },
}
const definitions = { cpu, gpu, memory }
const versions = [
  ...Object.entries(definitions).map(([component, definition], index) => version(BigInt(index), component, definition)),
  version(3n, '*', { percent: '2.5' }, { kind: 'discount' }),
]
const who: Who = { service: 'slurm', subtype: '', tier: 'mu', organisation: 'o', project: 'p', person: null }

/** The same jobs in every run; quantities are text, as facts have them. */
function jobs(count: number): Usage[] {
  let seed = 42
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % below
  }
  return Array.from({ length: count }, (_, index) => {
    const [elapsed, cores, gpus] = [1 + random(86_400), 1 + random(128), random(4) === 0 ? 1 + random(8) : 0]
    const endsAt = Date.UTC(2026, 9, 1) + index * 120_000 + random(60_000)
    return {
      startsAt: endsAt - elapsed * 1000,
      endsAt,
      quantities: {
        cpu_core_seconds: String(cores * elapsed),
        elapsed_seconds: String(elapsed),
        ...(gpus > 0 ? { gpu_seconds: String(gpus * elapsed) } : {}),
        memory_byte_seconds: String(BigInt(cores * elapsed) * 4_026_531_840n),
        node_seconds: String(elapsed),
      },
      dimensions: { exit_code: '0:0', state: random(50) === 0 ? 'NODE_FAIL' : 'COMPLETED' },
    }
  })
}

const signs = { '+': plus, '-': minus, '*': times, '/': over }

/** The baseline: rational arithmetic for every record, at every step. */
function naive(expression: Expression, quantities: Usage['quantities']): Fraction {
  const value = (part: Expression) => naive(part, quantities)
  if (expression.kind === 'number') return expression.value
  if (expression.kind === 'meter') return parseFraction(quantities[expression.name] ?? '0') as Fraction
  if (expression.kind === 'negate') return minus(zero, value(expression.of))
  if (expression.kind === 'binary') return signs[expression.sign](value(expression.left), value(expression.right))
  const larger = expression.name === 'max'
  return expression.of.map(value).reduce((best, next) => (isLess(best, next) === larger ? next : best))
}

const formulas = Object.values(definitions).map((definition) => ({
  definition,
  formula: parseFormula(definition.quantity),
}))
const afterDiscount = fraction(975n, 1000n)

function rateNaively(usage: Usage) {
  if (usage.dimensions['state'] === 'NODE_FAIL') return []
  const period = periodOf(usage.endsAt, zone)
  return formulas
    .map(({ definition, formula }) => ({ definition, quantity: naive(formula, usage.quantities) }))
    .filter(({ quantity }) => quantity.top > 0n)
    .map(({ definition, quantity }) => ({
      period,
      quantity: toPlaces(quantity, 9),
      nanos: toPlaces(times(priceByHand(definition, quantity).total, afterDiscount), 9),
    }))
}

/** Records a second: the middle one of several rounds, after warming up. */
function perSecond(
  records: readonly Usage[],
  rounds: number,
  work: (usage: Usage) => bigint,
): { rate: number; sum: bigint } {
  const rates: number[] = []
  let sum = 0n
  for (let round = 0; round <= rounds; round += 1) {
    sum = 0n
    const since = performance.now()
    for (const record of records) sum += work(record)
    if (round > 0) rates.push((records.length / (performance.now() - since)) * 1000)
  }
  return { rate: Math.round(rates.sort((a, b) => a - b)[rates.length >> 1] as number), sum }
}

export async function rateBench(): Promise<BenchResult> {
  const records = jobs(200_000)
  const prices = resolve(compileBook(versions, zone), who)
  const compiled = (usage: Usage) => {
    const rating = rate(prices, usage)
    let nanos = 0n
    if (rating.outcome === 'charged') for (const line of rating.lines) nanos += line.nanos
    return nanos
  }
  const fast = perSecond(records, 7, compiled)
  const few = records.slice(0, 40_000)
  const slow = perSecond(few, 2, (usage) => rateNaively(usage).reduce((total, line) => total + line.nanos, 0n))
  assert.equal(perSecond(few, 1, compiled).sum, slow.sum, 'the baseline rates the same records to the same nanos')
  const ratio = Math.round((fast.rate / slow.rate) * 10) / 10
  return {
    metrics: { recordsPerSecond: fast.rate, naiveRecordsPerSecond: slow.rate, ratioToNaive: ratio },
    lines: [
      `rating, three components with tiers, formulas and a discount, on one core`,
      `  compiled         ${fast.rate.toLocaleString('en')} records/s (floor 500,000)`,
      `  rational per step ${slow.rate.toLocaleString('en')} records/s, the same amounts to the nano`,
      `  ratio            ${ratio}`,
    ],
  }
}
