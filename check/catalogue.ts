import { placeOf } from './order.ts'

/** All that is asked of a database here; a pool or a client fits. */
export type Asked = { query(config: { text: string }): Promise<{ rows: unknown[] }> }

type Named = { readonly schema: string; readonly name: string }
type Column = Named & { readonly column: string; readonly type: string; readonly rest: string }
type Line = Named & { readonly text: string }

/** Objects that people made: nothing of PostgreSQL's own, and no partitions, which the program makes as it goes. */
const ours = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')`

/**
 * The shape of a database as one SQL text, read from its catalogue: the same bytes from every supported
 * PostgreSQL, which pg_dump does not give. Fed to an empty database it makes the same shape again.
 */
export async function shapeOf(database: Asked): Promise<string> {
  const ask = async <Row>(text: string) => (await database.query({ text })).rows as Row[]
  const schemas = await ask<{ schema: string }>(`select nspname as schema from pg_namespace n where ${ours} order by 1`)
  const sequences = await ask<Line>(sequenceQuery)
  const columns = await ask<Column>(columnQuery)
  const constraints = await ask<Line>(constraintQuery)
  const keys = await ask<Line>(partitionQuery)
  const afterwards = [
    await ask<Line>(indexQuery),
    await viewsOf(ask),
    await ask<Line>(routineQuery),
    await ask<Line>(triggerQuery),
  ]

  const place = ({ schema }: { schema: string }) => placeOf(schema) ?? 1e6
  return `${schemas
    .sort((a, b) => place(a) - place(b))
    .map(({ schema }) => {
      const own = <Row extends Named>(rows: readonly Row[]) => rows.filter((row) => row.schema === schema)
      const tables = [...new Set(own(columns).map(({ name }) => name))].map((name) => {
        const of = <Row extends Named>(rows: readonly Row[]) => own(rows).filter((row) => row.name === name)
        return tableText(`${schema}.${name}`, of(columns), of(constraints), of(keys)[0]?.text)
      })
      const rest = afterwards.flatMap((rows) => own(rows).map(({ text }) => `${text.replace(/;\s*$/, '')};`))
      return [`create schema ${schema};`, ...own(sequences).map(({ text }) => `${text};`), ...tables, ...rest].join(
        '\n',
      )
    })
    .join('\n\n')}\n`
}

function tableText(name: string, columns: readonly Column[], constraints: readonly Line[], key: string | undefined) {
  const wide = Math.max(...columns.map(({ column }) => column.length))
  const lines = [
    ...columns.map(({ column, type, rest }) => `  ${column.padEnd(wide)} ${type}${rest}`),
    ...constraints.map(({ text }) => `  ${text}`),
  ]
  return `\ncreate table ${name} (\n${lines.join(',\n')}\n)${key ? ` partition by ${key}` : ''};`
}

async function viewsOf(ask: <Row>(text: string) => Promise<Row[]>): Promise<Line[]> {
  const views = await ask<Line>(viewQuery)
  return views.map(({ schema, name, text }) => ({
    schema,
    name,
    text: `\ncreate view ${schema}.${name} as\n${withoutIdlePrefixes(text)}`,
  }))
}

/** PostgreSQL 15 writes `transfers.id` where only one table is read, later ones write `id`: take the shorter. */
export function withoutIdlePrefixes(definition: string): string {
  return definition
    .split(/(?=\bUNION\b)/)
    .map((part) => {
      const read = /\bFROM (?:\w+\.)?(\w+)(?: (\w+))?\s*(?:WHERE|GROUP|ORDER|UNION|;|$)/.exec(part)
      const alias = read && !/\bJOIN\b/.test(part) ? (read[2] ?? read[1]) : undefined
      return alias ? part.replace(new RegExp(`(?<![.\\w])${alias}\\.(?=\\w)`, 'g'), '') : part
    })
    .join('')
}

const sequenceQuery = `
  select n.nspname as schema, c.relname as name,
         'create sequence ' || n.nspname || '.' || c.relname
           || case when s.seqtypid <> 'bigint'::regtype then ' as ' || format_type(s.seqtypid, null) else '' end
           || case when s.seqstart <> 1 then ' start ' || s.seqstart else '' end
           || case when s.seqincrement <> 1 then ' increment ' || s.seqincrement else '' end
           || case when s.seqcycle then ' cycle' else '' end as text
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
   where ${ours} and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i'))
   order by c.relname`

const columnQuery = `
  select n.nspname as schema, c.relname as name, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
         case when a.attcollation <> 0 and a.attcollation <> t.typcollation
              then ' collate "' || (select collname from pg_collation where oid = a.attcollation) || '"' else '' end
           || case when a.attidentity <> '' then ' generated ' || case a.attidentity when 'a' then 'always' else 'by default' end || ' as identity'
                   when a.attgenerated <> '' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
                   when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end
           || case when a.attnotnull then ' not null' else '' end as rest
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
   where ${ours} and c.relkind in ('r', 'p') and not c.relispartition
   order by c.oid, a.attnum`

// PostgreSQL 18 keeps "not null" among the constraints too; it stands with the column already.
const constraintQuery = `
  select n.nspname as schema, c.relname as name, 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) as text
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
   where ${ours} and k.contype <> 'n' and k.conparentid = 0 and not c.relispartition
   order by c.oid, position(k.contype in 'puxcft'), k.conname`

const partitionQuery = `
  select n.nspname as schema, c.relname as name, lower(pg_get_partkeydef(c.oid)) as text
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind = 'p' and not c.relispartition`

const indexQuery = `
  select n.nspname as schema, c.relname as name, pg_get_indexdef(i.indexrelid) as text
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_class x on x.oid = i.indexrelid
   where ${ours} and not c.relispartition and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = c.oid)
   order by c.oid, x.relname`

const viewQuery = `
  select n.nspname as schema, c.relname as name, pg_get_viewdef(c.oid) as text
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind = 'v' order by c.oid`

const routineQuery = `
  select n.nspname as schema, p.proname as name, E'\\n' || pg_get_functiondef(p.oid) as text
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours} order by p.oid`

const triggerQuery = `
  select n.nspname as schema, c.relname as name, pg_get_triggerdef(t.oid) as text
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
   where ${ours} and not t.tgisinternal and t.tgparentid = 0 and not c.relispartition order by c.oid, t.tgname`
