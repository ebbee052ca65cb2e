import { strict as assert } from 'node:assert'
import { Client } from 'pg'
import { openDatabase } from '../../src/database/database.ts'
import { type NaiveBooks, siteZone, sumsOf } from './naive.ts'
import type { Place } from './place.ts'

/** Looks at the books with SQL of its own; PostgreSQL runs meanwhile, as beside any command. */
async function lookInto<Result>(place: Place, look: (client: Client) => Promise<Result>): Promise<Result> {
  const database = await openDatabase({ dataDirectory: place.data, role: 'command' })
  const client = new Client(database.url)
  try {
    await client.connect()
    return await look(client)
  } finally {
    await client.end()
    await database.close()
  }
}

type SumRow = { name: string; nanos: string }
const mapOf = (rows: readonly SumRow[]) => new Map(rows.map(({ name, nanos }) => [name, BigInt(nanos)]))
const asked = async (client: Client, text: string) => mapOf((await client.query<SumRow>(text)).rows)

/** Money as whole nanos, so that it is compared as a whole number. */
const nanos = (sum: string) => `(${sum} * 1000000000)::numeric(60,0)::text as nanos`

const charged = `
  select p.name || ' ' || line.period as name, ${nanos('sum(line.amount)')}
    from (select project, period, amount from charging.charges where kind <> 'memo'
           union all
          select project, period, amount from charging.true_ups) as line
    join parties.projects p on p.id = line.project
   group by 1 having sum(line.amount) <> 0`

const moved = `
  select p.name || ' ' || side.period as name, ${nanos('sum(side.amount)')}
    from (select debit_account as account, period, amount from ledger.transfers
           union all
          select credit_account, period, -amount from ledger.transfers) as side
    join ledger.accounts a on a.id = side.account and a.kind = 'unbilled_receivable'
    join parties.projects p on p.id = a.owner
   group by 1 having sum(side.amount) <> 0`

const balances = `
  select p.name, ${nanos('sum(a.posted)')}
    from ledger.accounts a join parties.projects p on p.id = a.owner
   where a.kind = 'unbilled_receivable' group by p.name having sum(a.posted) <> 0`

const revenue = `
  select 'all' as name, ${nanos('coalesce(sum(posted), 0)')} from ledger.accounts where kind = 'usage_revenue'`

/** Every account with its net of every month: what must not depend on the order of arrival. */
export const netOf = (place: Place): Promise<string[]> =>
  lookInto(place, async (client) => {
    const { rows } = await client.query<{ line: string }>(
      `select coalesce(p.name, v.name) || ' ' || a.kind || ' ' || a.currency || ' ' || side.period || ' '
              || sum(side.amount) as line
         from (select debit_account as account, period, amount from ledger.transfers
                union all
               select credit_account, period, -amount from ledger.transfers) as side
         join ledger.accounts a on a.id = side.account
         left join parties.projects p on p.id = a.owner
         left join parties.providers v on v.id = a.owner
        group by coalesce(p.name, v.name), a.kind, a.currency, side.period
       having sum(side.amount) <> 0`,
    )
    return rows.map(({ line }) => line).sort()
  })

export type Compared = {
  readonly jobs: number
  readonly lines: number
  readonly transfers: number
  readonly nanos: bigint
}

/** Σ usage × price, worked out anew, = Σ charges = Σ transfers = Σ balances; job by job, and place by place. */
export const compareWithNaive = (place: Place, naive: NaiveBooks): Promise<Compared> =>
  lookInto(place, async (client) => {
    const sums = sumsOf(naive)
    const nonzero = (all: ReadonlyMap<string, bigint>) => new Map([...all].filter(([, value]) => value !== 0n))
    await compareRecords(client, naive)
    const lines = await compareLines(client, naive)
    assert.equal(lines, sums.lines, 'there are as many charges as rated lines')
    assertSame(await asked(client, charged), nonzero(sums.places), 'charges by project and month')
    assertSame(await asked(client, moved), nonzero(sums.places), 'transfers by project and month')
    assertSame(await asked(client, balances), nonzero(sums.byAccount), 'balances by project')
    assertSame(await asked(client, revenue), new Map([['all', sums.nanos]]), 'what providers earned')
    const { rows } = await client.query<{ count: string }>('select count(*) from ledger.transfers')
    return { jobs: naive.jobs.size, lines, transfers: Number(rows[0]?.count), nanos: sums.nanos }
  })

/** Each job once: one identity, and one record that stands in the month in which the job ended. */
async function compareRecords(client: Client, naive: NaiveBooks): Promise<void> {
  let found = 0
  const text = `select i.external_id, r.period::text, r.final from metering.identities i
                  join metering.records r on r.id = i.record and r.period = i.period`
  for await (const row of cursor<{ external_id: string; period: string; final: boolean }>(client, text)) {
    const job = naive.jobs.get(row.external_id)
    assert(job, `${row.external_id} was recorded, and is not in the dump`)
    if (row.final) assert.equal(row.period, job.period, `${row.external_id} stands in its month`)
    else assert.equal(job.lines.length, 0, `${row.external_id} has ended`)
    found += 1
  }
  assert.equal(found, naive.jobs.size, 'every job is recorded once')
}

/** What each job was charged for each component, reversals taken off. */
async function compareLines(client: Client, naive: NaiveBooks): Promise<number> {
  let found = 0
  const text = `select r.external_id, c.component, sum(c.amount)::text as amount,
                       count(*) filter (where c.kind = 'charge') - count(*) filter (where c.kind = 'reversal') as standing
                  from charging.charges c join metering.records r on r.id = c.record
                 where c.kind <> 'memo' group by r.external_id, c.component having sum(c.amount) <> 0`
  type Row = { external_id: string; component: string; amount: string; standing: string }
  for await (const { external_id: id, component, amount, standing } of cursor<Row>(client, text)) {
    const line = naive.jobs.get(id)?.lines.find((each) => each.component === component)
    assert(line, `${component} of ${id} was charged ${amount}, and should cost nothing`)
    const [whole = '', part = ''] = amount.split('.')
    assert.equal(BigInt(whole + part.padEnd(9, '0')), line.nanos, `${component} of ${id}`)
    assert.equal(standing, '1', `${component} of ${id} stands once`)
    found += 1
  }
  return found
}

async function* cursor<Row>(client: Client, text: string): AsyncGenerator<Row> {
  await client.query(`begin; set local timezone = '${siteZone}'; declare naive no scroll cursor for ${text}`)
  for (;;) {
    const { rows } = await client.query(`fetch 20000 from naive`)
    if (rows.length === 0) break
    yield* rows as Row[]
  }
  await client.query('commit')
}

/** Names the first that differ, not thousands. */
function assertSame(found: ReadonlyMap<string, bigint>, due: ReadonlyMap<string, bigint>, what: string): void {
  const wrong = [...new Set([...found.keys(), ...due.keys()])].filter((key) => found.get(key) !== due.get(key))
  const shown = wrong
    .slice(0, 5)
    .map((key) => `${key}: ${found.get(key) ?? 'nothing'} and not ${due.get(key) ?? 'nothing'}`)
  assert.equal(wrong.length, 0, `${what}: ${wrong.length} differ (in nanos): ${shown.join('; ')}`)
}
