import { randomUUID } from 'node:crypto'
import { Counter } from '../src/charging/counter-commands.ts'
import { Credits } from '../src/credits/commands.ts'
import { growYoungHeap } from '../src/operations/young-heap.ts'
import { numberOf } from '../src/values/id.ts'
import { bringParties, fund, type Parties, seconds, withBooks } from './books.ts'
import { type Rate, rateOf, rateText, tenths } from './callers.ts'
import type { BenchResult } from './result.ts'
import { rowLocking } from './row-locking.ts'

const callers = 1_000
const wallets = 10_000

/**
 * Holds and settles through the counter that every door uses, in this process: an operation with its key, digests and
 * mark, the reservation, its hold; settling adds the end, a transfer and the charge. Beside it the same callers with a
 * row-locking transaction for each hold.
 */
export async function ledgerBench(): Promise<BenchResult> {
  const [rates, verdict] = await withBooks(async (house) => {
    const parties = await bringParties(house, wallets)
    const locking = await rowLocking(house, callers, seconds(5))
    // Callers who wait a second are no overload here: there are a thousand of them, however slow the machine is.
    const credits = new Credits(house, { waitMaxMilliseconds: 10_000 })
    // As a server does when it starts.
    growYoungHeap()
    const counter = new Counter(credits)
    await fund(credits, parties.projects)
    const measured = (ask: (caller: number) => Promise<unknown>) =>
      rateOf(callers, seconds(10), house.database.pool, ask)
    const [hot = ''] = parties.projects
    const holds = await measured(() => hold(counter, parties, hot))
    const lifecycles = await measured(async () => settle(counter, await hold(counter, parties, hot)))
    // Whose project belongs where is looked up once, and stands while no party changes.
    await Promise.all(parties.projects.map((project) => hold(counter, parties, project)))
    let next = 0
    const spread = await measured(() => hold(counter, parties, parties.projects[(next = (next + 7) % wallets)] ?? ''))
    await credits.lane.close()
    return { locking, holds, lifecycles, spread }
  })
  return resultOf(rates, verdict)
}

type Rates = Readonly<Record<'locking' | 'holds' | 'lifecycles' | 'spread', Rate>>

function resultOf({ locking, holds, lifecycles, spread }: Rates, verdict: readonly string[]): BenchResult {
  const ratio = tenths(holds.perSecond / locking.perSecond)
  return {
    metrics: {
      holdsHotPerSecond: holds.perSecond,
      rowLockingPerSecond: locking.perSecond,
      ratioToRowLocking: ratio,
      lifecyclesPerSecond: lifecycles.perSecond,
      holdsSpreadPerSecond: spread.perSecond,
    },
    lines: [
      `${callers} callers, PostgreSQL on the same machine with fsync on`,
      `  holds on one wallet             ${rateText(holds)}`,
      `  hold and settle on one wallet   ${rateText(lifecycles)}`,
      `  holds over ${wallets} wallets       ${rateText(spread)}`,
      `  a row-locking transaction each  ${rateText(locking)}: ratio ${ratio}`,
      ...verdict,
    ],
  }
}

const asking = () => ({ principal: 'bench', key: randomUUID() })

async function hold(counter: Counter, { provider }: Parties, project: string): Promise<bigint> {
  const { answer } = await counter.hold(asking(), {
    payer: project,
    project,
    person: null,
    provider,
    service: 'llm',
    subtype: '*',
    currency: 'CREDIT',
    cost: { nanos: 1_000_000n },
    overrun: 'charge',
    seconds: 600,
  })
  const { id } = JSON.parse(answer) as { id: string }
  return numberOf('reservation', id) ?? 0n
}

const settle = (counter: Counter, reservation: bigint) =>
  counter.settle(asking(), reservation, { nanos: 500_000n }, true)
