import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { openPool } from '../src/database/pool.ts'
import type { House } from '../src/operations/house.ts'
import { type Rate, rateOf } from './callers.ts'

const connections = 32

/**
 * The baseline: what one writes first. A transaction for each request locks the wallet's row, inserts a hold, updates
 * the wallet, commits; on the same PostgreSQL with the same settings, over a pool, with prepared statements.
 */
export async function rowLocking(house: House, callers: number, seconds: number): Promise<Rate> {
  const pool = openPool(house.database.url, connections)
  try {
    await inSchema(pool)
    return await rateOf(callers, seconds, house.database.pool, () => hold(pool))
  } finally {
    await pool.query('begin read write; drop schema if exists row_locking cascade; commit')
    await pool.end()
  }
}

async function inSchema(pool: Pool): Promise<void> {
  await pool.query(`begin read write;
    create schema row_locking;
    create table row_locking.wallets (id bigint primary key, posted numeric(38,9) not null,
      held numeric(38,9) not null default 0, check (held >= 0 and posted >= held));
    create table row_locking.holds (id uuid primary key, wallet bigint not null references row_locking.wallets,
      amount numeric(38,9) not null, until timestamptz not null);
    insert into row_locking.wallets values (1, 1e15);
    commit`)
}

async function hold(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin read write')
    const { rows } = await client.query<{ free: string }>({
      name: 'lock',
      text: 'select posted - held as free from row_locking.wallets where id = 1 for update',
    })
    if (Number(rows[0]?.free) < 0.001) throw new Error('no credits')
    await client.query({
      name: 'insert',
      text: `insert into row_locking.holds values ($1, 1, 0.001, clock_timestamp() + interval '10 minutes')`,
      values: [randomUUID()],
    })
    await client.query({ name: 'update', text: 'update row_locking.wallets set held = held + 0.001 where id = 1' })
    await client.query('commit')
  } finally {
    client.release()
  }
}
