import type { Pool } from 'pg'

/** The tables in which a word stands somewhere. */
export async function tablesWith(pool: Pool, word: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
      where relkind = 'r' and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'`,
  )
  const found: string[] = []
  for (const { name } of rows) {
    const { rowCount } = await pool.query(`select from ${name} as t where t::text like '%' || $1 || '%'`, [word])
    if (rowCount) found.push(name)
  }
  return found
}
