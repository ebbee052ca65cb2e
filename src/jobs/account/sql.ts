import { arrayOf } from '../../database/copy-text.ts'
import { type Reader, row, rows, rowsLater } from '../../database/reader.ts'
import { execute, type Writer } from '../../database/writer.ts'
import { momentText } from '../../values/moment.ts'
import { nanosFixed, nanosFrom } from '../../values/money.ts'
import type { Account, AccountKind } from './account.ts'

type AccountRow = {
  id: string
  kind: AccountKind
  name: string
  parent: string | null
  enabled: boolean
  opened_with: string
  created_at: Date
}

const columns = 'id, kind, name, parent, enabled, opened_with, created_at'

const accountOf = ({ opened_with, created_at, ...row }: AccountRow): Account => ({
  ...row,
  openedWith: nanosFrom(opened_with),
  createdAt: created_at.getTime(),
})

/** Put off in a batch: it goes out with the locks that it stands behind. */
export const accountsById = async (reader: Reader, ids: readonly string[]): Promise<Account[]> =>
  (
    await rowsLater<AccountRow>(
      reader,
      `select ${columns} from jobs.accounts where id = any ($1::uuid[])`,
      [arrayOf(ids)],
      'jobs.accounts_by_id',
    )
  ).map(accountOf)

export const systemAccount = async (reader: Reader): Promise<Account | undefined> => {
  const found = await row<AccountRow>(reader, `select ${columns} from jobs.accounts where kind = 'system'`)
  return found && accountOf(found)
}

/** Of virtual labs, their projects; in a fixed order. */
export const projectsOf = async (reader: Reader, labs: readonly string[]): Promise<Account[]> =>
  (
    await rows<AccountRow>(
      reader,
      `select ${columns} from jobs.accounts where parent = any ($1::uuid[]) order by created_at, id`,
      [arrayOf(labs)],
      'jobs.projects_of',
    )
  ).map(accountOf)

export const insertSystem = (writer: Writer, id: string, name: string) =>
  execute(
    writer,
    `insert into jobs.accounts (id, kind, name, created_at) values ($1, 'system', $2, $3) on conflict do nothing`,
    [id, name, writer.at],
  )

export const putAccounts = (writer: Writer, accounts: readonly Account[]) =>
  execute(
    writer,
    `insert into jobs.accounts (${columns})
     select id, kind, name, nullif(parent, '')::uuid, enabled, opened_with, created_at
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::numeric[], $7::timestamptz[])
         as given (${columns})
         on conflict (id) do update set enabled = excluded.enabled`,
    [
      accounts.map(({ id }) => id),
      accounts.map(({ kind }) => kind),
      accounts.map(({ name }) => name),
      accounts.map(({ parent }) => parent ?? ''),
      accounts.map(({ enabled }) => enabled),
      accounts.map(({ openedWith }) => nanosFixed(openedWith)),
      accounts.map(({ createdAt }) => momentText(createdAt)),
    ],
  )

export const deleteAccounts = (writer: Writer, ids: readonly string[]) =>
  execute(writer, `delete from jobs.accounts where id = any ($1::uuid[])`, [ids])

/** While it stays, accounts that are there are as they were. */
export const revision = async (reader: Reader): Promise<string> =>
  (await row<{ revision: string }>(reader, `select revision from jobs.account_list`, [], 'jobs.account_revision'))
    ?.revision ?? ''

export const raiseRevision = (writer: Writer) => execute(writer, `update jobs.account_list set revision = revision + 1`)

export type AccountPage = {
  readonly kind: AccountKind
  /** Only these; null: all. */
  readonly scope: readonly string[] | null
  readonly parent: string | null
  readonly from: bigint
  readonly size: number
}

export type Counted<Item> = { readonly items: readonly Item[]; readonly total: number }

/** The oldest first. */
export async function accountsPage(reader: Reader, page: AccountPage): Promise<Counted<Account>> {
  const { kind, scope, parent, from, size } = page
  const among = `kind = $1 and ($2::uuid[] is null or id = any ($2) or parent = any ($2)) and ($3::uuid is null or parent = $3)`
  const found = await rows<AccountRow>(
    reader,
    `select ${columns} from jobs.accounts where ${among} order by created_at, id offset $4 limit $5`,
    [kind, scope, parent, from, size],
  )
  const counted = await row<{ total: number }>(
    reader,
    `select count(*)::integer as total from jobs.accounts where ${among}`,
    [kind, scope, parent],
  )
  return { items: found.map(accountOf), total: counted?.total ?? 0 }
}

/** Whether jobs were ever reserved or used by a project. */
export const hasJobs = async (reader: Reader, project: string): Promise<boolean> =>
  (
    await row<{ found: boolean }>(reader, `select exists (select from jobs.jobs where project = $1) as found`, [
      project,
    ])
  )?.found ?? false
