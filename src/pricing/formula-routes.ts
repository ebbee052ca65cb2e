import { callerOf, tellOperation } from '../http/call.ts'
import { type ApiServer, door } from '../http/door.ts'
import { etagOf, sendTagged } from '../http/etag.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { nanosText, parseNanos } from '../values/money.ts'
import { compileBook, resolve } from './book.ts'
import { loadBook, setPricesOnce } from './commands.ts'
import * as contract from './contract.ts'
import type { Wanted } from './plan.ts'
import { rate } from './rate.ts'

/** The three rates of this door, each with the meter that counts it and how much of it an hour of one is. */
const rates = {
  cpu: { component: 'cpu', quantity: 'cpu_core_seconds', unit: 'core-second', hour: '3600' },
  gpu: { component: 'gpu', quantity: 'gpu_seconds', unit: 'GPU-second', hour: '3600' },
  mem: {
    component: 'memory',
    quantity: 'memory_byte_seconds / 1073741824',
    unit: 'GiB-second',
    hour: String(3600 * 2 ** 30),
  },
} as const
type RateName = keyof typeof rates
const rateNames = Object.keys(rates) as RateName[]
const service = 'slurm'
const places = 4

/** `GET` and `POST /formula`: the prices of a tier, by the hour of a core, a GPU, and a GiB of memory. */
export function addFormulaRoutes(server: ApiServer, house: House): void {
  server.get(
    '/formula',
    door({
      operation: null,
      id: 'readFormula',
      tag: 'pricing',
      summary: 'What an hour of a core, a GPU and a GiB of memory costs in a tier',
      query: contract.FormulaQuery,
      answers: { 200: contract.Formula },
    }),
    async (request, reply) => {
      const { type } = request.query
      const found = await formulaOf(house, type)
      if (!found) {
        const message = `${type} has no prices for jobs: set them first, or ask for another tier`
        throw new Problem('request-invalid', { issues: [{ field: 'query.type', message }] })
      }
      const formula = { type, unit: 'per-hour', ...found }
      return sendTagged(request, reply, formula, `W/${etagOf(formula)}`)
    },
  )
  server.post(
    '/formula',
    door({
      operation: 'formula.set',
      id: 'setFormula',
      tag: 'pricing',
      summary: 'Set the prices of a tier from now on, by the hour',
      body: contract.FormulaBody,
      key: 'optional',
      answers: { 200: contract.FormulaSet },
      problems: ['price-invalid'],
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      const before = await formulaOf(house, request.body.type)
      const wanted = wantedOf(request.body, before?.currency ?? 'THB', Date.now())
      const call = { ...callerOf(request), input: { formula: request.body } }
      const answered = await setPricesOnce(house, call, wanted)
      if (answered) tellOperation(reply, answered.operation)
      return { ok: true, updated: answered ? rateNames : [] }
    },
  )
}

type Formula = { readonly rates: Record<RateName, number>; readonly currency: string }

/** What the book makes of an hour of each; undefined when it prices none of them in this tier. */
async function formulaOf(house: House, tier: string): Promise<Formula | undefined> {
  const { versions } = await loadBook(house.database.pool)
  const nobody = { organisation: '', project: '', person: null }
  const resolved = resolve(compileBook(versions, house.zone), { service, subtype: '', tier, ...nobody })
  const now = Date.now()
  let currency: string | undefined
  const costs = rateNames.map((name) => {
    const [meter = ''] = rates[name].quantity.split(' ')
    const usage = { startsAt: now, endsAt: now, quantities: { [meter]: rates[name].hour }, dimensions: {} }
    const rated = rate(resolved, usage)
    const line =
      rated.outcome === 'charged' ? rated.lines.find(({ component }) => component === rates[name].component) : undefined
    currency ??= line?.currency
    return [name, Number(nanosText(line?.nanos ?? 0n))] as const
  })
  if (currency === undefined) return undefined
  return { rates: Object.fromEntries(costs) as Record<RateName, number>, currency }
}

type Body = Readonly<Record<RateName, number | string>> & { readonly type: string }

function wantedOf(body: Body, currency: string, now: number): Wanted[] {
  return rateNames.map((name) => {
    const { component, quantity, unit } = rates[name]
    return {
      kind: 'price',
      service,
      subtype: '*',
      component,
      scopeKind: 'tier',
      scope: body.type,
      scopeId: body.type,
      from: now,
      to: undefined,
      definition: { currency, quantity, unit, flat: { price: rateText(name, body[name]), per: '3600' } },
      line: 1,
      column: 1,
    }
  })
}

function rateText(name: RateName, value: number | string): string {
  const nanos = /^\d{1,12}(\.\d+)?$/.test(String(value)) ? parseNanos(String(value)) : undefined
  if (nanos !== undefined && nanos % 10n ** BigInt(9 - places) === 0n) return nanosText(nanos)
  const message = `must be an amount of zero or more with at most ${places} places, such as 0.5`
  throw new Problem('request-invalid', { issues: [{ field: `body.${name}`, message }] })
}
