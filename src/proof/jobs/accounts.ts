import type { PoolClient } from 'pg'
import { type Check, Faults } from '../../audit/check.ts'
import type { House } from '../../operations/house.ts'
import { inputDigest } from '../../operations/canonical.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'
import { together, type Wrong, wrongText } from '../inquiry.ts'
import { Lines, plain } from '../lines.ts'

/** What was done to accounts: the answer of each operation says to which. */
const done = `
  select id, at, command, encode(input_digest, 'hex') as digest, (answer::json ->> 'id')::uuid as account,
         (answer::json ->> 'enabled')::boolean as enabled
    from operations.operations
   where command in ('jobs.account', 'jobs.account.enable', 'jobs.account.delete')`

/** The operation that opened each account that was not deleted since, and what it was set to last. */
const opened = `
  select distinct on (o.account) o.account, o.id, o.at, o.digest, e.enabled
    from done o
    left join (select distinct on (account) account, id, enabled
                 from done where command = 'jobs.account.enable' order by account, id desc) as e
      on e.account = o.account and e.id > o.id
   where o.command = 'jobs.account'
     and not exists (select from done d
                      where d.account = o.account and d.command = 'jobs.account.delete' and d.id > o.id)
   order by o.account, o.id`

const accounts = `
  with done as materialized (${done}), opened as (${opened})
  select coalesce(a.id, o.account), a.kind, a.name, a.parent, a.opened_with, o.id, o.digest, a.id is null,
         a.created_at is distinct from o.at, a.enabled is distinct from coalesce(o.enabled, true),
         a.kind = 'project' and not exists (select from jobs.accounts p
                                             where p.id = a.parent and p.kind = 'virtual-lab'),
         case a.kind when 'project' then not exists (select from parties.projects p where p.id = a.id)
                     when 'virtual-lab' then not exists (select from parties.organisations p where p.id = a.id)
                     else false end,
         a.kind <> 'system' and not exists (select from ledger.accounts w where w.owner = a.id and w.kind = 'wallet'),
         count(*) over (partition by a.id) > 1
    from jobs.accounts a
    full join opened o on o.account = a.id
   order by 1`

/** What is wrong, by its place behind the digest. */
const faultsOf = [
  'an operation opened it, and it is missing',
  'it was not created when it was opened',
  'it is enabled or not otherwise than was said last',
  'its virtual lab is missing',
  'its party is missing',
  'its wallet is missing',
  'it stands more than once',
]

/** Accounts of the job doors are what operations opened, with the parties and wallets that they need. */
export const checkJobAccounts = (house: House): Promise<Check> =>
  together(house.database, 1, async ([client]) => {
    const faults = new Faults()
    const lines = new Lines(client as PoolClient, accounts)
    let count = 0
    try {
      for (let batch = await lines.next(); batch.length > 0; batch = await lines.next()) {
        count += batch.length
        for (const wrong of batch.map(wrongOf)) if (wrong) faults.add(wrongText(wrong))
      }
    } finally {
      await lines.close()
    }
    return faults.check('accounts of jobs are as they were opened', `${count} accounts`)
  })

function wrongOf(line: string): Wrong | undefined {
  const [row = '', kind = '', name = '', parent = '', openedWith = '', by = '', digest, ...flags] = line.split('\t')
  const operation = by === '\\N' ? null : by
  const told = { id: row, kind: plain(kind), name: plain(name) }
  const more = { parent: parent === '\\N' ? null : parent, openedWith: openedAs(openedWith) }
  const asked = inputDigest('jobs.account', kind === 'system' ? told : { ...told, ...more })
  const fault = faultsOf.find((_, place) => flags[place] === 't')
  const wrong = fault ?? (asked === digest ? undefined : 'it has not the kind, name or parent that it was opened with')
  return wrong === undefined ? undefined : { table: 'jobs.accounts', row, operation, wrong }
}

const openedAs = (amount: string): string => (amount === '\\N' ? '' : nanosText(nanosFrom(amount)))
