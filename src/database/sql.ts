import { row, rows, type Reader } from './reader.ts'

/** Any fixed number, the same in every Bursar: two that start at once must not both migrate. */
const migrationLock = 8_100_000_001n

export type MigrationRow = { number: number; name: string; checksum: string }

export const lockMigrations = (reader: Reader) => rows(reader, `select pg_advisory_xact_lock(${migrationLock})`)

export const hasMigrations = async (reader: Reader): Promise<boolean> =>
  (await row<{ known: boolean }>(reader, `select to_regclass('database.migrations') is not null as known`))?.known ===
  true

export const createMigrations = (reader: Reader) =>
  rows(
    reader,
    `create schema database;
     create table database.migrations (
       number   integer primary key check (number > 0),
       name     text not null,
       checksum text not null,
       at       timestamptz not null default clock_timestamp()
     )`,
  )

export const migrations = (reader: Reader) =>
  rows<MigrationRow>(reader, `select number, name, checksum from database.migrations order by number`)

export const insertMigration = (reader: Reader, { number, name, checksum }: MigrationRow) =>
  rows(reader, `insert into database.migrations (number, name, checksum) values ($1, $2, $3)`, [number, name, checksum])

/** What this role's connections to this database begin with. */
export const roleSettings = async (reader: Reader): Promise<string[]> =>
  (
    await row<{ settings: string[] | null }>(
      reader,
      `select setconfig as settings
         from pg_db_role_setting
         join pg_roles on pg_roles.oid = setrole
         join pg_database on pg_database.oid = setdatabase
        where rolname = current_user and datname = current_database()`,
    )
  )?.settings ?? []

/** The names of settings and their values are the program's own, not a caller's. */
export const setForRole = (reader: Reader, setting: string, value: string) =>
  rows(
    reader,
    `do $do$ begin
       execute format('alter role %I in database %I set ${setting} = ''${value}''', current_user, current_database());
     end $do$`,
  )

export const serverVersion = async (reader: Reader): Promise<number> =>
  Number((await row<{ number: string }>(reader, `select current_setting('server_version_num') as number`))?.number ?? 0)

export const indexSuffix = (columns: readonly string[]): string => `_by_${columns.join('_')}`

/** The table, or its parts, as far as they are at least so large and have no index of that ending. */
export const withoutIndex = (reader: Reader, table: string, suffix: string, bytes: number) =>
  rows<{ part: string; bytes: string }>(
    reader,
    `select format('%I.%I', n.nspname, c.relname) as part, pg_relation_size(c.oid) as bytes
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r'
        and (c.oid = $1::regclass or c.oid in (select inhrelid from pg_inherits where inhparent = $1::regclass))
        and pg_relation_size(c.oid) >= $3
        and not exists (select from pg_class i
                         where i.relnamespace = c.relnamespace and i.relname = c.relname || $2)
      order by c.relname`,
    [table, suffix, bytes],
  )

/** Not beside what is written meanwhile: that takes two transactions, and a session that may write. */
export async function buildIndex(reader: Reader, table: string, columns: readonly string[]): Promise<void> {
  const name = `${table.split('.')[1]}${indexSuffix(columns)}`
  await rows(reader, `set local lock_timeout = '2s'`)
  await rows(reader, `create index if not exists ${name} on ${table} (${columns.join(', ')})`)
}
