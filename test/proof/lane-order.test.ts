import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { holdCommand } from '../../src/credits/hold.ts'
import { asTester, holdOf, LaneSite, one, openCounter } from './lane-site.ts'

test('who has a wallet later has the greater number, and the later time', async (t) => {
  const site = await LaneSite.open()
  const [first, second, away] = [
    await openCounter(site.where),
    await openCounter(site.where),
    await openCounter(site.where),
  ]
  t.after(async () => {
    for (const each of [first, second, away]) await each.close()
    await site.remove()
  })
  const [held = '', free = ''] = await site.wallets(2, 10n * one)
  const hold = ({ credits }: typeof first, owners: readonly string[]) =>
    credits.submit(asTester(), 'credits.hold', null, holdCommand(holdOf(owners, one)))
  const client = await away.house.database.pool.connect()
  await client.query('begin read write')
  await client.query(`select from ledger.accounts where kind = 'wallet' and owner = $1 for update`, [held])
  // It waits for the one wallet, and has not got the other yet.
  const waiting = hold(first, [free, held])
  while (!(await isWaiting(away))) await sleep(5)
  const early = await hold(second, [free])
  await client.query('rollback')
  client.release()
  const late = await waiting
  assert.ok(late.operation > early.operation, `${late.operation} came after ${early.operation}`)
  const { rows } = await away.house.database.pool.query<{ at: Date }>(
    'select at from operations.operations where id = any ($1) order by id',
    [[early.operation, late.operation]],
  )
  assert.ok((rows[0]?.at ?? 0) <= (rows[1]?.at ?? 0))
  await site.verify()
})

async function isWaiting({ house }: Awaited<ReturnType<typeof openCounter>>): Promise<boolean> {
  const { rows } = await house.database.pool.query<{ waits: boolean }>(
    `select count(*) > 0 as waits from pg_locks
      where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`,
  )
  return rows[0]?.waits ?? false
}
