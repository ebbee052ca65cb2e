import { strict as assert } from 'node:assert'
import { holdCommand } from '../../src/credits/hold.ts'
import { Problem } from '../../src/http/problem.ts'
import { asTester, Child, currency, holdOf, LaneSite, one } from './lane-site.ts'

const tenth = one / 10n

/** Where the credits run out: in the wallet that pays, or in a budget above it. */
export type Bound = 'wallet' | 'budget'

/** A wallet of 5.00, or one of plenty below a budget of 5.00. */
async function bounded(site: LaneSite, bound: Bound): Promise<string[]> {
  const [payer = '', above = ''] = await site.wallets(2, bound === 'wallet' ? 5n * one : 5_000n * one)
  if (bound === 'wallet') return [payer]
  await site.at(({ credits }) => credits.budget(asTester(), { owner: above, currency, span: 'total', nanos: 5n * one }))
  return [payer, above]
}

async function assertFifty(site: LaneSite, owners: readonly string[]): Promise<void> {
  await site.at(async ({ house }) => {
    const { rows } = await house.database.pool.query<{ held: string; count: string }>(
      `select trim_scale(a.held)::text as held, (select count(*) from credits.holds where wallet = a.id) as count
         from ledger.accounts a where a.owner = $1 and kind = 'wallet'`,
      [owners[0]],
    )
    assert.deepEqual(rows, [{ held: '5', count: '50' }])
  })
}

const refusals = { wallet: 'insufficient-credits', budget: 'budget-exhausted' } as const

/** So many holds of 0.10 at once on 5.00, in one process: exactly fifty succeed. */
export async function crowdInOne(holds: number, bound: Bound): Promise<string> {
  const site = await LaneSite.open()
  try {
    const owners = await bounded(site, bound)
    const outcomes = await site.at(({ credits }) => {
      const rule = holdCommand(holdOf(owners, tenth))
      return Promise.allSettled(
        Array.from({ length: holds }, () => credits.submit(asTester(), 'credits.hold', null, rule)),
      )
    })
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    for (const { reason } of refused) assert.ok(reason instanceof Problem && reason.type === refusals[bound])
    assert.equal(holds - refused.length, 50)
    await assertFifty(site, owners)
    await site.verify()
    return `of ${holds} holds of 0.10 on a ${bound} of 5.00, 50 succeed`
  } finally {
    await site.remove()
  }
}

/** The same from two processes, each with a lane of its own. */
export async function crowdInTwo(holds: number, bound: Bound): Promise<string> {
  const site = await LaneSite.open()
  try {
    const owners = await bounded(site, bound)
    const plan = { owners, nanos: String(tenth), holds: holds / 2 }
    const children = [site.child('crowd', plan), site.child('crowd', plan)]
    await Child.go(children)
    const told = await Promise.all(children.map((child) => child.answer<Record<string, number>>()))
    const of = (name: string) => told.reduce((sum, each) => sum + (each[name] ?? 0), 0)
    assert.deepEqual([of('accepted'), of(refusals[bound])], [50, holds - 50], JSON.stringify(told))
    await assertFifty(site, owners)
    await site.verify()
    const shares = told.map((each) => each['accepted'] ?? 0).join(' and ')
    return `of ${holds} holds of 0.10 from two processes on a ${bound} of 5.00, 50 succeed (${shares})`
  } finally {
    await site.remove()
  }
}
