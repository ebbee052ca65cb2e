import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { rows } from '../database/reader.ts'
import type { Fact } from '../metering/fact.ts'
import { freshHouse, type FreshHouse } from '../operations/testing.ts'
import type { House } from '../operations/house.ts'
import { importParties, previewImport } from '../parties/import-commands.ts'
import { readSheet } from '../parties/sheet.ts'
import { scoped, setPrices } from '../pricing/commands.ts'
import { readPriceFile } from '../pricing/price-file.ts'
import { chargePage } from './commands.ts'
import { type Memory, newMemory } from './memory-commands.ts'
import type { PageResult, PageSettings } from './page.ts'

/** A house with prices for everybody: 1 THB a core-hour, 10 a GPU-hour, 0.5 a GiB-hour of memory. */
export type Site = FreshHouse & { readonly memory: Memory }

export const zone = 'Asia/Bangkok'
const hour = 3_600_000
export const on = (date: string): number => Date.parse(`${date.length > 10 ? date : `${date}T00:00:00`}+07:00`)

const line = (component: string, price: string, quantity: string, more = '', from = '2020-01-01') =>
  `  - { service: slurm, component: ${component}, from: ${from}, currency: THB, quantity: "${quantity}", flat: { price: ${price}, per: 3600 }${more} }`

export const flatPrice = line
export const usualPrices = `prices:
${line('cpu', '1', 'cpu_core_seconds')}
${line('gpu', '10', 'gpu_seconds')}
${line('memory', '0.5', 'memory_byte_seconds / 1073741824')}
`

export async function newSite(prices: string = usualPrices): Promise<Site> {
  const fresh = await freshHouse(zone)
  const site = { ...fresh, memory: newMemory(zone) }
  if (prices !== '') await setBook(site.house, prices)
  return site
}

export async function setBook(house: House, text: string): Promise<void> {
  const { entries, mistakes } = readPriceFile(text, zone, { names: new Set(), has: () => true })
  assert.deepEqual(mistakes, [])
  const projects = await rows<{ id: string; name: string }>(
    house.database.pool,
    `select id, name from parties.projects`,
  )
  const found = scoped(entries, (_, name) => projects.find((project) => project.name === name)?.id)
  assert.deepEqual(found.mistakes, [])
  await setPrices(house, { principal: 'tester' }, found.wanted)
}

export async function importSheet(house: House, text: string): Promise<void> {
  const sheet = readSheet(text)
  assert(sheet.ok)
  const preview = await previewImport(house.database.pool, sheet.value)
  assert(preview.ok)
  await importParties(house, { principal: 'tester', key: randomUUID() }, preview.value)
}

let serial = 0
const sorted = (of: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)))

/** A job of one hour on two cores in November, where nothing else is said. */
export function fact({ state = 'COMPLETED', ...more }: Partial<Fact> & { state?: string } = {}): Fact {
  const startsAt = more.startsAt ?? on('2026-11-10')
  const endsAt = more.endsAt ?? startsAt + hour
  const usage: Fact = {
    source: 'slurm:lab',
    externalId: `lab/${(serial += 1)}/1`,
    service: 'slurm',
    subtype: 'cpu',
    projectName: 'physics',
    personName: 'alice',
    providerName: 'lab',
    startsAt,
    endsAt,
    measuredAt: on('2026-12-01'),
    final: true,
    quantities: { cpu_core_seconds: String(2 * ((endsAt - startsAt) / 1000)) },
    dimensions: { state },
    raw: 'as it was said',
    ...more,
  }
  return { ...usage, quantities: sorted(usage.quantities), dimensions: sorted(usage.dimensions) }
}

export const asUsual: PageSettings = { principal: 'tester', unknown: 'create', chargeFrom: null }

export async function charge(
  { house, memory }: { house: House; memory: Memory },
  facts: readonly Fact[],
  settings: Partial<PageSettings> = {},
): Promise<PageResult> {
  return await chargePage(house, { facts, bad: [] }, { ...asUsual, ...settings }, memory)
}

/** `physics lab 2026-11-01 THB 2.5`: what each project was charged, read from one of the accounts of the same thing. */
type Net = readonly string[]

const ask = async (house: House, text: string): Promise<Net> =>
  (await rows<{ line: string }>(house.database.pool, text)).map((row) => row.line)

const toText = `o.name || ' ' || v.name || ' ' || to_char(period, 'YYYY-MM') || ' ' || currency || ' ' || trim_scale(sum(amount))`

/** Net per project, provider, period and currency, as the charges have it. */
export const netOfCharges = (house: House): Promise<Net> =>
  ask(
    house,
    `select ${toText} as line
       from (select project, provider, period, currency, amount from charging.charges where kind <> 'memo'
             union all select project, provider, period, currency, amount from charging.true_ups) as charged
       join parties.projects o on o.id = project join parties.providers v on v.id = provider
      group by o.name, v.name, period, currency having sum(amount) <> 0 order by 1`,
  )

const payers = `('unbilled_receivable', 'wallet')`
const usage = `('charge', 'reversal', 'true-up')`

/** The same, as the ledger's transfers have it. */
const netOfTransfers = (house: House): Promise<Net> =>
  ask(
    house,
    `select ${toText} as line
       from (select d.owner as project, c.owner as provider, t.period, t.currency, t.amount
               from ledger.transfers t join ledger.accounts d on d.id = t.debit_account
               join ledger.accounts c on c.id = t.credit_account where d.kind in ${payers} and t.reason in ${usage}
             union all
             select c.owner, d.owner, t.period, t.currency, -t.amount
               from ledger.transfers t join ledger.accounts d on d.id = t.debit_account
               join ledger.accounts c on c.id = t.credit_account where c.kind in ${payers} and t.reason in ${usage}) as moved
       join parties.projects o on o.id = project join parties.providers v on v.id = provider
      group by o.name, v.name, period, currency having sum(amount) <> 0 order by 1`,
  )

/** Charges, the transfers under each of them, and the balances are three accounts of one thing. */
export async function assertBooksAgree(house: House): Promise<void> {
  assert.deepEqual(await netOfTransfers(house), await netOfCharges(house))
  const apart = `
    select t.id || ' ' || t.amount as line
      from ledger.transfers t
      left join (select transfer, sum(amount) as amount from
                  (select transfer, amount from charging.charges union all
                   select transfer, amount from charging.true_ups) as lines group by transfer) c on c.transfer = t.id
     where abs(coalesce(c.amount, 0)) <> t.amount and t.reason in ${usage}`
  assert.deepEqual(await ask(house, apart), [], 'a transfer is the sum of its charges')
  const drifted = `
    select a.id || ' ' || a.posted as line
      from ledger.accounts a
      left join (select account, sum(case side when 'debit' then amount else -amount end) as debits, count(*) as entries
                   from ledger.entries group by account) e on e.account = a.id
     where a.posted <> coalesce(e.debits, 0) * case a.normal_side when 'debit' then 1 else -1 end
        or a.entries <> coalesce(e.entries, 0)`
  assert.deepEqual(await ask(house, drifted), [], 'a balance is the sum of its entries')
}

/** Rounds half to even, by hand. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  const [whole, rest] = [numerator / denominator, numerator % denominator]
  if (rest * 2n < denominator) return whole
  if (rest * 2n > denominator) return whole + 1n
  return whole % 2n === 0n ? whole : whole + 1n
}

/** What the usual prices make of usage, worked out on paper: whole units, one rounding for each component. */
function usualCost(quantities: Readonly<Record<string, string>>, state: string | undefined): bigint {
  if (['NODE_FAIL', 'BOOT_FAIL', 'PREEMPTED'].includes(state ?? '')) return 0n
  const of = (meter: string) => BigInt(quantities[meter] ?? '0')
  const nano = 1_000_000_000n
  return (
    rounded(of('cpu_core_seconds') * nano, 3600n) +
    rounded(of('gpu_seconds') * 10n * nano, 3600n) +
    rounded(of('memory_byte_seconds') * nano, 2n * 3600n * 1073741824n)
  )
}

/** Σ usage × price over what stands, by hand: `physics 2026-11 2500000000`. */
export async function naiveNet(house: House): Promise<string[]> {
  const standing = await rows<{
    name: string
    period: string
    quantities: Record<string, string>
    dimensions: Record<string, string>
  }>(
    house.database.pool,
    `select o.name, to_char(period, 'YYYY-MM') as period, quantities, dimensions
       from metering.standing join parties.projects o on o.id = project where final`,
  )
  const sums = new Map<string, bigint>()
  for (const { name, period, quantities, dimensions } of standing) {
    const key = `${name} ${period}`
    sums.set(key, (sums.get(key) ?? 0n) + usualCost(quantities, dimensions['state']))
  }
  return [...sums].flatMap(([key, nanos]) => (nanos === 0n ? [] : [`${key} ${nanos}`])).sort()
}

/** The charges in the same words. */
export async function chargedNet(house: House): Promise<string[]> {
  const net = await ask(
    house,
    `select o.name || ' ' || to_char(period, 'YYYY-MM') || ' ' || trim_scale(sum(amount) * 1000000000) as line
       from charging.charges join parties.projects o on o.id = project where kind <> 'memo'
      group by o.name, period having sum(amount) <> 0`,
  )
  return [...net].sort()
}

/** How many rows a database holds in all tables of the house; to see whether something left a trace. */
export async function tracesIn(house: House): Promise<Record<string, number>> {
  const tables = await rows<{ name: string }>(
    house.database.pool,
    `select format('%I.%I', n.nspname, c.relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)' order by 1`,
  )
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const [row] = await rows<{ count: string }>(house.database.pool, `select count(*) as count from ${name}`)
    counts[name] = Number(row?.count)
  }
  return counts
}
