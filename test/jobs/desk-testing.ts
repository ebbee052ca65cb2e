import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { Counter } from '../../src/charging/counter-commands.ts'
import { Credits } from '../../src/credits/commands.ts'
import { openAccount } from '../../src/jobs/account/commands.ts'
import { newJobParts } from '../../src/jobs/parts-commands.ts'
import { Directory } from '../../src/parties/directory-commands.ts'
import { addPrice } from '../../src/jobs/price/change-commands.ts'
import type { ServiceType } from '../../src/jobs/price/cost.ts'
import { JobPrices } from '../../src/jobs/price/prices-commands.ts'
import { type JobRules, usualRules } from '../../src/jobs/rules.ts'
import { JobDesk } from '../../src/jobs/job/commands.ts'
import { freshHouse } from '../../src/operations/testing.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { nanosFrom, nanosText } from '../../src/values/money.ts'

export const me = () => ({ principal: 'tester', key: randomUUID() })

type Tier = Parameters<typeof addPrice>[2]['tiers'][number]

/** Jobs on a database of their own, without doors: a desk, and projects that have credits. */
export async function openDesk() {
  const fresh = await freshHouse()
  const { house } = fresh
  const credits = new Credits(house, { waitMaxMilliseconds: 60_000 })
  const prices = new JobPrices(house)
  const provider = randomUUID()
  const newDesk = (rules: Partial<JobRules> = {}) =>
    new JobDesk(new Counter(credits), prices, 'CREDIT', { ...usualRules, ...rules }, async () => provider)
  const parts = newJobParts(new Counter(credits), new Directory(house, 'site'), 'CREDIT')
  return {
    house,
    credits,
    desk: newDesk(),
    newDesk,
    close: async () => {
      await credits.lane.close()
      await fresh.drop()
    },
    /** From 1970 on, for everybody. */
    async price(type: ServiceType, subtype: string, tiers: readonly Tier[], from = 0n) {
      const call = { ...me(), command: 'jobs.prices', input: { type, from: String(from) }, status: 201 }
      const given = {
        service_type: type,
        service_subtype: subtype,
        valid_from: from,
        valid_to: null,
        vlab_id: null,
        tiers,
      }
      await addPrice({ house, prices }, call, given)
    },
    async projectWith(amount: string, of?: string): Promise<{ project: string; vlab: string }> {
      const project = randomUUID()
      const vlab = of ?? randomUUID()
      const lab = { id: vlab, kind: 'virtual-lab', name: vlab, parent: null, openedWith: 0n } as const
      if (of === undefined) await openAccount(parts, me(), lab)
      await openAccount(parts, me(), { id: project, kind: 'project', name: project, parent: vlab, openedWith: 0n })
      const grant = { owner: project, currency: 'CREDIT', nanos: nanosFrom(amount), origin: 'gift', expiresAt: null }
      await credits.grant(me(), grant)
      return { project, vlab }
    },
    async balanceOf(project: string) {
      const { rows } = await house.database.pool.query<{ free: string; held: string }>(
        `select posted - held as free, held from ledger.accounts where kind = 'wallet' and owner = $1`,
        [project],
      )
      const [row] = rows
      return { free: nanosText(nanosFrom(row?.free ?? '0')), held: nanosText(nanosFrom(row?.held ?? '0')) }
    },
    async problemsOf(project: string) {
      const { rows } = await house.database.pool.query<{ reason: string }>(
        'select reason from jobs.problems where project = $1 order by id',
        [project],
      )
      return rows.map(({ reason }) => reason)
    },
    async requireProved() {
      const faults: string[] = []
      for await (const { ok, name, detail } of proveBooks(house)) if (!ok) faults.push(`${name}: ${detail}`)
      assert.deepEqual(faults, [])
    },
  }
}
