import { strict as assert } from 'node:assert'
import { createReadStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { decide, propose } from '../access/approval-commands.ts'
import { createKey, revokeKey } from '../access/key-commands.ts'
import { seal, sealingLag } from '../audit/seal.ts'
import { write } from '../audit/testing.ts'
import {
  asUsual,
  charge,
  fact,
  flatPrice,
  importSheet,
  newSite,
  on,
  setBook,
  type Site,
  usualPrices,
} from '../charging/testing.ts'
import { chargePage } from '../charging/commands.ts'
import { chargeWaiting, rerate } from '../charging/rerate-commands.ts'
import { writeTrueUps } from '../charging/true-up-commands.ts'
import { Credits } from '../credits/commands.ts'
import { rows } from '../database/reader.ts'
import { eraseUsage } from '../metering/erasure-commands.ts'
import type { Fact } from '../metering/fact.ts'
import { dismiss, waiting } from '../metering/quarantine-commands.ts'
import { alone } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { readJobs } from '../slurm/stream.ts'
import { numberOf } from '../values/id.ts'
import { runJobs } from './jobs/running-testing.ts'
import { priceJobs } from './jobs/testing.ts'
import { spendCredits } from './spending/testing.ts'

const day = 86_400_000
const tiers = '[{ upTo: 1000, price: 0.001 }, { upTo: null, price: 0.0005 }]'
const prices = `${usualPrices}  - { service: slurm, component: nodes, from: 2020-01-01, currency: THB, quantity: node_seconds, included: 100, flat: { price: 0.01 } }
  - { service: slurm, component: gradual, from: 2020-01-01, currency: THB, quantity: elapsed_seconds, graduated: ${tiers} }
policies:
  - { service: slurm, from: 2020-01-01, endStates: { TIMEOUT: free }, crossing: split }
discounts:
  - { service: slurm, component: cpu, project: physics, from: 2020-01-01, percent: 10 }
`

/** Real usage, and everything that can happen to it: each kind of row that books can hold, sealed in several blocks. */
export async function bookkeeping(): Promise<Site> {
  const site = await newSite('')
  const { house, memory } = site
  const [job, waits] = [fact(), fact({ service: 'other' })]
  // Somebody must have a price of their own, so there must be a project first.
  await charge(site, [fact({ final: false }), waits])
  await setBook(house, prices)
  await charge(site, [job, fact({ dimensions: { state: 'TIMEOUT' } })])
  await sealAll(house)
  const facts = await realFacts()
  const bad = ['x|y', 'erin|y', 'z|y'].map((raw, line) => {
    return {
      source: 'slurm:lab',
      door: 'slurm',
      origin: '-',
      line,
      reason: 'broken',
      raw,
      settings: {},
      measuredAt: day,
    }
  })
  await chargePage(house, { facts, bad }, asUsual, memory)
  const broken = (await waiting(house.database.pool, 0n, 9)).filter(({ raw }) => raw === 'z|y')
  await dismiss(
    house,
    { principal: 'tester', key: 'dismiss' },
    broken.map(({ id }) => id),
    'a broken line',
  )
  // The same again, measured later.
  await charge(
    site,
    facts.slice(0, 3).map((told) => ({ ...told, measuredAt: day })),
  )
  await charge(site, [fact({ endsAt: on('2026-12-02') })])
  await charge(site, [fact()], { chargeFrom: on('2027-01-01') })
  const erased = ['erin', 'erik', 'erna']
  await charge(
    site,
    erased.map((personName) => fact({ personName })),
  )
  for (const name of erased) await erase(house, name)
  await openAndClose(house)
  await writeTrueUps(house, 'tester', memory)
  await sealAll(house)
  await charge(site, [{ ...job, quantities: { cpu_core_seconds: '7300' }, measuredAt: job.measuredAt + day }])
  await setBook(
    house,
    `prices:\n${flatPrice('cpu', '2', 'cpu_core_seconds', '', '2026-11-05')}\n${flatPrice('cpu', '3', 'cpu_core_seconds', '', '2020-01-01').replace('slurm', 'other')}\n`,
  )
  const choice = { principal: 'tester', project: null, from: null, to: null, reason: 'a test', dryRun: false }
  await rerate(house, choice, memory)
  await chargeWaiting(house, 'tester', memory)
  await writeTrueUps(house, 'tester', memory)
  await sealAll(house)
  await payAhead(site)
  await charge(site, [fact()])
  await spendCredits(house)
  await priceJobs(house)
  await runJobs(house)
  await assertVaried(house)
  return site
}

/** A prepaid project whose usage takes dated credits first, counts in budgets, and is corrected once. */
async function payAhead(site: Site): Promise<void> {
  await importSheet(site.house, 'organisation,tier,project,payment\nAhead,mu,ahead,prepaid\n')
  const [project] = await rows<{ id: string }>(
    site.database.pool,
    `select id from parties.projects where name = 'ahead'`,
  )
  assert(project)
  const credits = new Credits(site.house, { waitMaxMilliseconds: 60_000 })
  const asked = { owner: project.id, currency: 'THB', nanos: 1_000_000_000n, origin: 'gift' }
  for (const expiresAt of [Date.now() + day, Date.now() + 2 * day, null]) {
    await credits.grant({ principal: 'tester', key: `ahead ${expiresAt}` }, { ...asked, expiresAt })
  }
  for (const span of ['day', 'month', 'total'] as const) {
    await credits.budget(
      { principal: 'tester', key: `ahead by ${span}` },
      { owner: project.id, currency: 'THB', span, nanos: 9_000_000_000n },
    )
  }
  const usage = fact({ projectName: 'ahead', quantities: { cpu_core_seconds: '4500' } })
  await charge(site, [usage])
  await charge(site, [{ ...usage, quantities: { cpu_core_seconds: '1800' }, measuredAt: usage.measuredAt + 1 }])
  await credits.lane.close()
  await sealAll(site.house)
}

async function realFacts(): Promise<Fact[]> {
  const dump = createReadStream(
    new URL('../../test/fixtures/slurm/real/sacct/all-fields-duplicates.psv', import.meta.url),
  )
  const reading = {
    format: 'auto',
    cluster: undefined,
    zone: 'UTC',
    origin: '-',
    measuredAt: 0,
    pageSize: 5000,
  } as const
  const pages = await Array.fromAsync(readJobs(dump, reading))
  return pages.flatMap(({ facts }) => facts)
}

/** Keys, some of them revoked, and what two agreed on. */
async function openAndClose(house: House): Promise<void> {
  const wanted = { role: 'service', principal: undefined, parties: 'all', expiresAt: new Date('2099-01-01') } as const
  for (const name of ['one', 'two', 'three', 'four']) {
    // Small blocks: of a long one, only the first faults would be told.
    await sealAll(house)
    const key = await createKey(house, { principal: 'tester', key: `make ${name}` }, { ...wanted, name })
    const id = numberOf('key', key.id)
    const asked = { wanted: 'credits.grant', method: 'POST', url: '/x', contentType: 'y', ifMatch: 'z', body: '{}' }
    const { answer } = await propose(house, { principal: 'tester', key: `ask for ${name}` }, asked)
    const approval = numberOf('approval', (JSON.parse(answer) as { id: string }).id) ?? 0n
    const verdict = name === 'one' ? 'rejected' : 'approved'
    await decide(house, { principal: 'boss', key: `decide ${name}` }, approval, verdict, 'why not')
    if (id !== undefined && name !== 'four') await revokeKey(house, { principal: 'tester', key: `revoke ${name}` }, id)
  }
}

async function erase(house: House, name: string): Promise<void> {
  const found = await rows<{ id: string }>(house.database.pool, `select id from parties.people where name = $1`, [name])
  const person = found[0]?.id
  assert(person)
  const call = { principal: 'tester', key: `erase ${name}`, command: 'test', input: name }
  await alone(house, call, (writer) => eraseUsage(writer, person, { texts: [name], alike: [] }))
}

/** A transaction of any database of the server, such as another test's, lets the sealer wait. */
export async function sealAll(house: House): Promise<void> {
  for (;;) {
    await seal(house)
    if ((await sealingLag(house)).operations === 0) return
    await sleep(5)
  }
}

/** A table that is empty here would prove nothing. */
async function assertVaried(house: House): Promise<void> {
  const missing = await rows<{ what: string }>(
    house.database.pool,
    `select what from (values
       ('reversals', (select count(*) from charging.charges where kind = 'reversal')),
       ('memos', (select count(*) from charging.charges where kind = 'memo')),
       ('parts', (select count(*) from charging.charges where part > 0)),
       ('true-ups', (select count(*) from charging.true_ups)),
       ('states', (select count(distinct state) - 4 from charging.states)),
       ('corrections', (select count(*) from metering.identities where version > 1)),
       ('keys', (select count(*) - 3 from access.keys)),
       ('revocations', (select count(*) - 2 from access.revocations)),
       ('erasures', (select count(*) - 2 from metering.erasures)),
       ('erased in quarantine', (select count(erased_by) from metering.quarantine)),
       ('quarantine', (select count(*) from metering.quarantine)),
       ('dismissals', (select count(*) from metering.dismissals)),
       ('kinds of steps', (select count(distinct kind) - 5 from credits.steps)),
       ('lots that are held', (select count(*) from credits.lots where held > 0)),
       ('windows', (select count(distinct span) - 2 from credits.budget_windows)),
       ('pages that count', (select count(*) - 8 from credits.counts)),
       ('priced settlements', (select count(book) from charging.settlements)),
       ('absorbed', (select count(absorbed_transfer) from charging.settlements)),
       ('blocks', (select count(*) - 2 from audit.blocks)),
       ('unsealed operations', (select (select count(*) from operations.operations) - (select count(*) from audit.seals)))
     ) as kind (what, count) where count <= 0`,
  )
  assert.deepEqual(missing, [])
}

export type Kept = { readonly tables: readonly string[]; restore(tables: readonly string[]): Promise<void> }

const owned = `('operations', 'audit', 'access', 'ledger', 'metering', 'pricing', 'charging', 'credits', 'jobs')`

/** Copies of all tables, to put back what a test changes. */
export async function keepAll(house: House): Promise<Kept> {
  const tables = await rows<{ name: string }>(
    house.database.pool,
    `select oid::regclass::text as name from pg_class
      where relkind in ('r', 'p') and not relispartition and relnamespace::regnamespace::text in ${owned}`,
  )
  await write(house, 'create schema kept')
  const copyOf = (table: string) => `kept.${table.replace('.', '_')}`
  for (const { name } of tables) await write(house, `create table ${copyOf(name)} as table ${name}`)
  return {
    tables: tables.map(({ name }) => name),
    restore: (names) =>
      write(
        house,
        names.map((name) => `delete from ${name}; insert into ${name} select * from ${copyOf(name)}`).join(';'),
      ),
  }
}

/** Takes every constraint and trigger away: they keep out mistakes, not whoever owns the tables. */
export async function dropConstraints(house: House): Promise<void> {
  const found = await rows<{ text: string }>(
    house.database.pool,
    `select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname) as text
       from pg_constraint join pg_class on pg_class.oid = conrelid
      where contype in ('f', 'c', 'p', 'u') and coninhcount = 0 and relnamespace::regnamespace::text in ${owned}
      order by contype = 'f' desc, contype = 'p'`,
  )
  // Some go with others before them.
  for (const { text } of found) await write(house, text).catch(() => {})
  const triggers = await rows<{ text: string }>(
    house.database.pool,
    `select format('drop trigger %I on %s', tgname, tgrelid::regclass) as text
       from pg_trigger join pg_class on pg_class.oid = tgrelid
      where not tgisinternal and not relispartition and relnamespace::regnamespace::text in ${owned}`,
  )
  for (const { text } of triggers) await write(house, text)
  const indexes = await rows<{ text: string }>(
    house.database.pool,
    `select format('drop index %s', indexrelid::regclass) as text
       from pg_index join pg_class on pg_class.oid = indrelid
      where indisunique and not relispartition and relnamespace::regnamespace::text in ${owned}`,
  )
  for (const { text } of indexes) await write(house, text)
}
