import { assert } from '../values/assert.ts'
import { type Reader, rows } from './reader.ts'

export type Partition = { readonly name: string; readonly parent: string; readonly bounds: string }
export type Sequence = { readonly name: string; readonly last: string; readonly called: boolean }
type Table = { readonly table: string; readonly columns: readonly string[] }

/** Schemas that are the program's own; which migrations ran is told apart. */
const own = `n.nspname not in ('pg_catalog', 'information_schema', 'database') and n.nspname not like 'pg\\_%'`

/** Every table that holds rows, partitioned ones as a whole; a table comes after those that its foreign keys name. */
export async function tables(reader: Reader): Promise<Table[]> {
  const found = await rows<Table & { needs: string[] }>(
    reader,
    `select n.nspname || '.' || c.relname as table,
            array(select a.attname::text from pg_attribute a
                   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                   order by a.attnum) as columns,
            array(select rn.nspname || '.' || r.relname
                    from pg_constraint k join pg_class r on r.oid = k.confrelid
                    join pg_namespace rn on rn.oid = r.relnamespace
                   where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as needs
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition and ${own}
      order by 1`,
  )
  const ordered: Table[] = []
  const placed = new Set<string>()
  while (ordered.length < found.length) {
    const ready = found.filter(({ table, needs }) => !placed.has(table) && needs.every((need) => placed.has(need)))
    assert(ready.length > 0, 'foreign keys make no circle')
    for (const { table, columns } of ready) {
      placed.add(table)
      ordered.push({ table, columns })
    }
  }
  return ordered
}

export const partitions = (reader: Reader) =>
  rows<Partition>(
    reader,
    `select n.nspname || '.' || c.relname as name, pn.nspname || '.' || p.relname as parent,
            pg_get_expr(c.relpartbound, c.oid) as bounds
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       join pg_inherits i on i.inhrelid = c.oid
       join pg_class p on p.oid = i.inhparent
       join pg_namespace pn on pn.oid = p.relnamespace
      where c.relispartition and c.relkind = 'r' and ${own}
      order by 1`,
  )

export async function sequences(reader: Reader): Promise<Sequence[]> {
  const names = await rows<{ name: string }>(
    reader,
    `select n.nspname || '.' || c.relname as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'S' and ${own}
      order by 1`,
  )
  const found: Sequence[] = []
  for (const { name } of names) {
    const [state] = await rows<{ last: string; called: boolean }>(
      reader,
      `select last_value::text as last, is_called as called from ${name}`,
    )
    assert(state)
    found.push({ name, ...state })
  }
  return found
}
