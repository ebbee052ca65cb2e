import { strict as assert } from 'node:assert'
import type { Credits } from '../../src/credits/commands.ts'
import { holdCommand } from '../../src/credits/hold.ts'
import { asTester, currency, holdOf, LaneSite, one } from './lane-site.ts'

const thousand = 1000

/** Breaks a rule of the database at the end of its batch, past every rule of ours. */
const poison = (credits: Credits, owner: string) =>
  credits.submit(asTester(), 'credits.poison', null, {
    wants: { owners: [owner], currency },
    decide: (desk) => ({
      ok: true,
      answer: null,
      apply() {
        const wallet = desk.wallet(owner, currency)
        if (!wallet) return
        wallet.creditLimit = -one
        desk.changedWallets.add(wallet)
      },
    }),
  })

/** One poisoned operation among 1,000: the others succeed, and in which time as against 1,000 that are sound. */
export async function poisonAmong(times: number): Promise<string> {
  const site = await LaneSite.open()
  try {
    const [owner = '', other = ''] = await site.wallets(2, BigInt(3 * times * thousand) * one)
    return await site.at(async ({ credits }) => {
      const rule = holdCommand(holdOf([owner], one))
      const holds = (count: number) =>
        Array.from({ length: count }, () => credits.submit(asTester(), 'credits.hold', null, rule))
      const timed = async (asked: () => readonly Promise<unknown>[], due: number): Promise<number> => {
        const began = performance.now()
        const outcomes = await Promise.allSettled(asked())
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, due)
        return performance.now() - began
      }
      let [sound, poisoned] = [0, 0]
      // Warm, so that the first of the two is not the slower one.
      await timed(() => holds(thousand), thousand)
      for (let time = 0; time < times; time++) {
        sound += await timed(() => holds(thousand), thousand)
        poisoned += await timed(() => [...holds(500), poison(credits, other), ...holds(499)], thousand - 1)
      }
      const ms = (sum: number) => (sum / times).toFixed(0)
      return `of 1,000 with one poisoned 999 succeed, ${times} times: ${ms(poisoned)} ms against ${ms(sound)} ms, ${(poisoned / sound).toFixed(1)} × the time`
    })
  } finally {
    await site.remove()
  }
}
