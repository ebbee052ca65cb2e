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
