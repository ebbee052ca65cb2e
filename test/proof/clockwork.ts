import type { Pool } from 'pg'
import { openPool } from '../../src/database/pool.ts'
import { write } from '../../src/audit/testing.ts'
import { type FreshHouse, freshHouse } from '../../src/operations/testing.ts'

/** A house whose PostgreSQL tells the time that it is given: days pass in no time, and to the millisecond. */
export type Clockwork = FreshHouse & { set(at: number): Promise<void>; close(): Promise<void> }

/**
 * Unqualified, `clock_timestamp()` is looked up along the search path, and here stands another one before the
 * server's own. Bursar itself knows nothing of it.
 */
export async function clockworkHouse(zone: string, at: number): Promise<Clockwork> {
  const fresh = await freshHouse(zone)
  await write(
    fresh.house,
    `create schema clockwork;
     create table clockwork.hand (at timestamptz not null);
     insert into clockwork.hand values ('${new Date(at).toISOString()}');
     create function clockwork.clock_timestamp() returns timestamptz language sql volatile
       as 'select at from clockwork.hand'`,
  )
  const url = `${fresh.url}&options=${encodeURIComponent('-c search_path=clockwork,pg_catalog')}`
  const pool: Pool = openPool(url, 10)
  const database = { ...fresh.database, pool, url }
  return {
    ...fresh,
    database,
    house: { ...fresh.house, database },
    set: (time) => write(fresh.house, `update clockwork.hand set at = '${new Date(time).toISOString()}'`),
    close: async () => {
      await pool.end()
      await fresh.drop()
    },
  }
}
