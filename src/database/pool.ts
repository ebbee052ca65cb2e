import { Pool, type PoolConfig, TypeOverrides, types } from 'pg'

/**
 * int8, numeric, dates and times stay the text that PostgreSQL prints: none of them fits what JavaScript would
 * make of it. timestamptz becomes a Date, which holds the thousandths that Bursar writes.
 */
const overrides = new TypeOverrides()
const asText = (text: string): string => text
for (const type of [types.builtins.INT8, types.builtins.NUMERIC, types.builtins.DATE, types.builtins.TIMESTAMP]) {
  overrides.setTypeParser(type, asText)
}

export const connection = (url: string, program = 'bursar'): PoolConfig => ({
  connectionString: url,
  application_name: program,
  types: overrides,
  // A server that does not answer must not hold a program for minutes.
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
})

export function openPool(url: string, connectionsMax: number): Pool {
  const pool = new Pool({ ...connection(url), max: connectionsMax, idleTimeoutMillis: 30_000 })
  // An idle connection that breaks is dropped by the pool; whoever needs one next hears of it, if it lasts.
  pool.on('error', () => {})
  // One in use that breaks says so by the statement it was running; nobody else need hear it, least of all the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
