import { setTimeout as sleep } from 'node:timers/promises'
import { Counter } from '../../src/charging/counter-commands.ts'
import { holdCommand } from '../../src/credits/hold.ts'
import { isConnectionLost } from '../../src/database/refusals.ts'
import { Problem } from '../../src/http/problem.ts'
import type { Answered } from '../../src/operations/alone.ts'
import { currency, holdOf, one, openCounter, type Where } from './lane-site.ts'
import { type Random, randomFrom } from './random.ts'

/**
 * A process at the counter: `node lane-child.ts TASK PLAN`. What it was answered it says at once, a line each, so that
 * whoever kills it knows what was acknowledged.
 */
const [, , task = '', text = '{}'] = process.argv
const plan = JSON.parse(text) as Where & LoadPlan & CrowdPlan

type CrowdPlan = { readonly owners: readonly string[]; readonly nanos: string; readonly holds: number }
type LoadPlan = {
  readonly name: string
  readonly owners: readonly string[]
  readonly callers: number
  readonly seed: number
  /** In whatever order somebody names them: two processes name them the other way round. */
  readonly backwards?: boolean
}

// Small batches, so that those of two processes alternate.
const { credits, close } = await openCounter(plan, { batchMax: 16 })
const counter = new Counter(credits)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Everybody at once: how many were let in, and why the others were not. */
async function crowd({ owners, nanos, holds }: CrowdPlan): Promise<void> {
  const input = holdOf(owners, BigInt(nanos))
  const told: Record<string, number> = {}
  const one = async (number: number): Promise<void> => {
    const asking = { principal: `caller ${number % 50}`, key: `${process.pid} ${number}` }
    const outcome = await credits.submit(asking, 'credits.hold', number, holdCommand(input)).then(
      () => 'accepted',
      (error: Error) => (error instanceof Problem ? error.type : error.message),
    )
    told[outcome] = (told[outcome] ?? 0) + 1
  }
  await Promise.all(Array.from({ length: holds }, (_, number) => one(number)))
  say(JSON.stringify(told))
}

let over = false
process.on('SIGTERM', () => (over = true))

const again = new Set(['overloaded', 'outcome-unknown', 'database-unavailable'])

/** Asks until it is answered, with the same key: by the answer, or a refusal of its rule. */
async function acknowledged(key: string, ask: (key: string) => Promise<Answered>): Promise<string | undefined> {
  for (;;) {
    try {
      const { answer } = await ask(key)
      say(`done ${key}\t${answer}`)
      return answer
    } catch (error) {
      // A door tells of a lost connection as it tells of a database that is away.
      const type = error instanceof Problem ? error.type : isConnectionLost(error) ? 'database-unavailable' : undefined
      if (type === undefined) throw error
      if (!again.has(type)) return undefined
      say(`again ${key}\t${type}`)
      await sleep(20)
    }
  }
}

/** Holds, settles, releases and moves without end, in wallets that others use as well. */
async function load({ name, owners, callers, seed, backwards }: LoadPlan): Promise<void> {
  const ordered = backwards ? [...owners].reverse() : owners
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      const random = randomFrom(seed * 1000 + caller + 1)
      for (let round = 0; !over; round++) await lifecycle(`${name}-${caller}-${round}`, ordered, random)
    }),
  )
}

async function lifecycle(name: string, owners: readonly string[], random: Random): Promise<void> {
  const first = random(owners.length)
  const [payer = '', above = ''] = [owners[first], owners[(first + 1) % owners.length]]
  const nanos = BigInt(1 + random(1_000_000_000))
  const asked = (key: string) => ({ principal: 'load', key })
  const input = { payer, above, nanos: String(nanos) }
  const held = await acknowledged(`${name} hold`, (key) =>
    credits.submit(asked(key), 'credits.hold', input, holdCommand(holdOf([payer, above], nanos, 3600))),
  )
  if (held === undefined) {
    await acknowledged(`${name} grant`, (key) =>
      credits.grant(asked(key), { owner: payer, currency, nanos: 10n * one, origin: 'gift', expiresAt: null }),
    )
    return
  }
  const id = BigInt((JSON.parse(held) as { id: string }).id.slice(4))
  await acknowledged(`${name} part`, (key) => counter.settle(asked(key), id, { nanos: nanos / 3n }, false))
  if (random(3) === 0) await acknowledged(`${name} release`, (key) => counter.release(asked(key), id))
  else await acknowledged(`${name} settle`, (key) => counter.settle(asked(key), id, { nanos: nanos / 2n }, true))
  if (random(4) === 0) {
    await acknowledged(`${name} move`, (key) => credits.move(asked(key), { from: payer, to: above, currency, nanos }))
  }
}

const told = new Promise((resolve) => process.once('SIGUSR2', resolve))
// A signal keeps nobody alive.
const waiting = setInterval(() => {}, 1000)
say('ready')
await told
clearInterval(waiting)
if (task === 'crowd') await crowd(plan)
else await load(plan)
await close()
