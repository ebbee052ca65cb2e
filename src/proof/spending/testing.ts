import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, type HoldRequest } from '../../charging/counter-commands.ts'
import { findRefundable, refund } from '../../charging/refund-commands.ts'
import { flatPrice, importSheet, setBook } from '../../charging/testing.ts'
import { Credits } from '../../credits/commands.ts'
import { grantThroughRule } from '../../credits/granting-commands.ts'
import { withdrawCommand } from '../../credits/withdraw.ts'
import { rows } from '../../database/reader.ts'
import type { House } from '../../operations/house.ts'
import { numberOf, numbered } from '../../values/id.ts'

const one = 1_000_000_000n
const currency = 'CREDIT'

type Desk = { readonly counter: Counter; readonly project: string; readonly organisation: string }
type Wanted = { readonly project: string; readonly nanos: bigint } & Partial<HoldRequest>

const me = () => ({ principal: 'tester', key: randomUUID() })

/** So long holds last that must have run out at the end. */
const briefly = 2.5

async function hold({ counter }: Desk, { project, nanos, ...more }: Wanted): Promise<bigint> {
  const { answer } = await counter.hold(me(), {
    payer: project,
    project,
    person: null,
    provider: '0b54d7a8-9f6c-4a53-b1d1-8f4b3a1f9c11',
    service: 'llm',
    subtype: '*',
    currency,
    cost: { nanos },
    overrun: 'charge',
    seconds: 600,
    ...more,
  })
  const id = numberOf('reservation', (JSON.parse(answer) as { id: string }).id)
  assert(id !== undefined)
  return id
}

/** Everything that can happen to credits, so that each of their tables has rows of each kind. */
export async function spendCredits(house: House): Promise<void> {
  await importSheet(house, 'organisation,tier,project\nguild,std,smiths\nguild,std,tailors\nguild,std,weavers\n')
  await setBook(
    house,
    `prices:\n${flatPrice('gpu', '7200', 'gpu_seconds').replace('slurm', 'llm').replace('THB', currency)}\n`,
  )
  const found = await rows<{ id: string; name: string; organisation: string }>(
    house.database.pool,
    `select id, name, organisation from parties.projects where name in ('smiths', 'tailors', 'weavers') order by name`,
  )
  const [smiths, tailors, weavers] = found.map(({ id }) => id) as [string, string, string]
  const organisation = found[0]?.organisation ?? ''
  const credits = new Credits(house, { waitMaxMilliseconds: 60_000 })
  const desk = { counter: new Counter(credits), project: smiths, organisation }
  const grant = (owner: string, nanos: bigint, expiresAt: number | null = null) =>
    credits.grant(me(), { owner, currency, nanos, origin: 'gift', expiresAt })
  try {
    const tomorrow = Date.now() + 86_400_000
    await grant(smiths, 20n * one)
    await grant(smiths, 3n * one, tomorrow)
    await grant(smiths, 2n * one, tomorrow + 86_400_000)
    await credits.move(me(), { from: smiths, to: tailors, currency, nanos: 4n * one })
    await limitAndBudget(credits, desk)
    await settleInEachWay(desk, smiths)
    await giveBackCharge(desk)
    await grant(weavers, one, Date.now() + briefly * 1000)
    await hold(desk, { project: weavers, nanos: one / 2n, seconds: briefly })
    await sleep(briefly * 1000 + 100)
    for (const owner of [smiths, tailors, weavers]) await credits.sweep(owner, currency)
    await throughAndBack(credits, weavers, tailors)
    await settleLate(desk, smiths)
    await leaveHeld(desk, [smiths, tailors])
  } finally {
    await credits.lane.close()
  }
}

/** Granted to one and moved on to another, who has to give back what is left of dated and undated credits. */
async function throughAndBack(credits: Credits, through: string, owner: string): Promise<void> {
  const given = { through, owner, currency, nanos: 2n * one, origin: 'gift' }
  const told = { through, owner, currency, amount: '2' }
  await credits.submit(me(), 'credits.grantThrough', told, grantThroughRule(given))
  const dated = { owner: through, currency, nanos: 3n * one, origin: 'gift', expiresAt: Date.now() + 86_400_000 }
  await credits.grant(me(), dated)
  await credits.submit(me(), 'credits.withdraw', { owner: through, currency }, withdrawCommand([through], currency))
}

async function limitAndBudget(credits: Credits, { project, organisation }: Desk): Promise<void> {
  await credits.limit(me(), project, currency, 5n * one)
  await credits.limit(me(), project, currency, 2n * one)
  for (const span of ['day', 'month', 'total'] as const) {
    await credits.budget(me(), { owner: organisation, currency, span, nanos: 90n * one })
  }
  await credits.budget(me(), { owner: project, currency, span: 'month', nanos: 80n * one })
  await credits.budget(me(), { owner: project, currency, span: 'total', nanos: one })
  await credits.budget(me(), { owner: project, currency, span: 'total', nanos: null })
}

async function settleInEachWay(desk: Desk, project: string): Promise<void> {
  const { counter } = desk
  const more = { project, nanos: 2n * one, seconds: briefly }
  const parts = await hold(desk, more)
  await counter.grow(me(), parts, one)
  await counter.settle(me(), parts, { nanos: one }, false)
  await counter.settle(me(), parts, { nanos: one / 4n }, true)
  const of = numbered('reservation', parts)
  for (const nanos of [one / 2n, one / 4n]) {
    await refund(counter, me(), { of, nanos, reason: 'it failed' }, await findRefundable(counter, of))
  }
  for (const overrun of ['charge', 'absorb'] as const) {
    const beyond = await hold(desk, { ...more, overrun })
    await counter.settle(me(), beyond, { nanos: 3n * one }, true)
  }
  const priced = { quantities: { gpu_seconds: '0.5' } }
  await counter.settle(me(), await hold(desk, { ...more, cost: priced }), priced, true)
  await counter.release(me(), await hold(desk, more))
}

/** Part of what a record was charged. */
async function giveBackCharge({ counter }: Desk): Promise<void> {
  const [charge] = await rows<{ id: string }>(
    counter.credits.house.database.pool,
    `select id from charging.charges where kind = 'charge' and amount > 0 order by id desc limit 1`,
  )
  if (!charge) return
  const of = numbered('charge', BigInt(charge.id))
  await refund(counter, me(), { of, nanos: one / 10n, reason: 'the node was slow' }, await findRefundable(counter, of))
}

/** A hold that ran out, and whose usage comes after it. */
async function settleLate(desk: Desk, project: string): Promise<void> {
  const late = await hold(desk, { project, nanos: one, seconds: 0.2 })
  await sleep(300)
  await desk.counter.settle(me(), late, { nanos: 40n * one }, true)
  const { credits } = desk.counter
  await credits.grant(me(), { owner: project, currency, nanos: 30n * one, origin: 'gift', expiresAt: null })
}

/** What stays open when the books are looked at. */
async function leaveHeld(desk: Desk, projects: readonly string[]): Promise<void> {
  for (const project of projects) {
    const held = await hold(desk, { project, nanos: 2n * one, person: randomUUID() })
    await desk.counter.settle(me(), held, { nanos: one / 2n }, false)
    const priced = { quantities: { gpu_seconds: '0.25' } }
    const longer = await hold(desk, { project, nanos: 0n, cost: priced, seconds: 900 })
    await desk.counter.extend(me(), longer, 1200)
  }
  // The debt stands as overrun.
  const debtor = projects[1] as string
  const beyond = await hold(desk, { project: debtor, nanos: one / 4n, seconds: 900 })
  await desk.counter.settle(me(), beyond, { nanos: 9n * one }, false)
}
