import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { rows } from '../../src/database/reader.ts'
import { freshDatabase } from '../../src/database/testing.ts'
import { openJobDoors } from '../../src/jobs/testing.ts'
import { readPage } from './page.ts'

const id = (number: number) => `52af0000-0000-4000-8000-00000000000${number}`

/** The columns that are asked for, as the accounting service has them. */
const theirs = `
  create type kind as enum ('SYS', 'VLAB', 'PROJ', 'RSV');
  create table account (id uuid primary key, account_type kind not null, parent_id uuid, name text not null,
    balance numeric not null, enabled boolean not null default true);
  create table price (id bigint primary key, service_type text, service_subtype text, valid_from timestamptz,
    valid_to timestamptz, vlab_id uuid);
  create table price_tier (id bigint primary key, price_id bigint, min_quantity integer, max_quantity integer,
    fixed_cost numeric, multiplier numeric);
  create table discount (id bigint primary key, vlab_id uuid, valid_from timestamptz, valid_to timestamptz,
    discount numeric);
  insert into account values
    ('${id(0)}', 'SYS', null, 'system', -88.5),
    ('${id(1)}', 'VLAB', '${id(0)}', E'a "lab" | \\\\ of\\ttabs', 40.123456789049),
    ('${id(2)}', 'PROJ', '${id(1)}', 'lab/one', 20),
    ('${id(3)}', 'RSV', '${id(2)}', 'lab/one/RESERVATION', 2.5),
    ('${id(4)}', 'PROJ', '${id(1)}', 'lab/overdrawn', -7),
    ('${id(5)}', 'RSV', '${id(4)}', 'lab/overdrawn/RESERVATION', 0),
    ('${id(6)}', 'PROJ', '${id(1)}', 'lab/closed', 9);
  update account set enabled = false where name = 'lab/closed';
  insert into price values
    (1, 'ONESHOT', 'ML_LLM', '2024-01-01', null, null),
    (2, 'oneshot', 'ml-llm', '2024-01-01', null, '${id(1)}'),
    (3, 'LONGRUN', 'CIRCUIT_SIMPLIFICATION', '2024-01-01', '2099-01-01', null),
    (4, 'ONESHOT', 'ML_RAG', '2024-01-01', null, null),
    (5, 'ONESHOT', 'NOTEBOOK', '2024-01-01', '2024-02-01', null);
  insert into price_tier values (1, 1, 0, null, 1, 0.5), (2, 2, 10, null, 0, 0.0000001), (3, 2, 0, 10, 1, 0.25),
    (4, 3, 0, null, 0, 1), (5, 4, 0, null, 0, 1), (6, 5, 0, null, 0, 1);
  insert into discount values (1, '${id(1)}', '2024-01-01', null, 0.2), (2, null, '2024-01-01', null, 0.3);`

type Request = { readonly path: string; readonly key: string; readonly body: object }

async function requestsOfTheOldService(): Promise<Request[]> {
  const [asked] = readPage('job-accounting').fences.filter(({ kind }) => kind === 'sql')
  assert(asked)
  const old = await freshDatabase()
  const client = await old.database.pool.connect()
  try {
    await client.query('begin read write')
    await client.query(theirs)
    return await rows<Request>(client, asked.text)
  } finally {
    await client.query('rollback')
    client.release()
    await old.drop()
  }
}

type Answered<Data> = { data: Data }

test('what the guide asks the old database for brings accounts, balances, prices and discounts along', async (t) => {
  const requests = await requestsOfTheOldService()
  const doors = await openJobDoors(t)
  for (let time = 0; time < 2; time += 1) {
    for (const { path, key, body } of requests) {
      const { status, text } = await doors.ask('POST', `/${path}`, body, { 'idempotency-key': `move ${path} ${key}` })
      assert.ok(status === 200 || status === 201, `${path} ${JSON.stringify(body)}: ${text}`)
    }
  }

  const lab = (await doors.ask('GET', `/balance/virtual-lab/${id(1)}?include_projects=true`)).body as Answered<object>
  assert.deepEqual(lab.data, {
    vlab_id: id(1),
    balance: '40.12',
    projects: [
      { proj_id: id(2), balance: '22.50', reservation: '0.00' },
      { proj_id: id(4), balance: '0.00', reservation: '0.00' },
    ],
  })
  const name = (await doors.ask('GET', `/account/virtual-lab/${id(1)}`)).body as Answered<{ name: string }>
  assert.equal(name.data.name, 'a "lab" | \\ of\ttabs')
  const prices = (await doors.ask('GET', '/price')).body as Answered<{ items: { service_subtype: string }[] }>
  assert.deepEqual(prices.data.items.map(({ service_subtype }) => service_subtype).sort(), [
    'circuit-simplification',
    'ml-llm',
    'ml-llm',
  ])
  const asking = { proj_id: id(2), type: 'oneshot', subtype: 'ml-llm', count: 10 }
  const cost = (await doors.ask('POST', '/estimate/oneshot', asking)).body as Answered<{ cost: string }>
  // 1 + 10 × 0.25 by the price of the lab, less 20 %.
  assert.equal(cost.data.cost, '2.80')
})
