import { strict as assert } from 'node:assert'
import { Counter } from '../../src/charging/counter-commands.ts'
import { Credits } from '../../src/credits/commands.ts'
import { Problem } from '../../src/http/problem.ts'
import type { Answered } from '../../src/operations/alone.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { parties, type Step, Steps, uuidOf } from './auditor-steps.ts'
import { clockworkHouse } from './clockwork.ts'
import { compareBooks } from './credit-books.ts'
import { NaiveCredits } from './naive-credits.ts'
import type { Expected } from './naive-wallet.ts'
import { type Random, randomFrom } from './random.ts'
import { grouped, type Say } from './telling.ts'

const chapter = 20_000

/**
 * Very many steps, in chapters of their own seeds: a chapter that fails can be had again alone, and a run that was
 * stopped goes on with the seed that it told last.
 */
export async function auditLong(plan: { readonly steps: number; readonly seed: number }, say: Say): Promise<string> {
  let steps = 0
  for (let seed = plan.seed; steps < plan.steps; seed++) {
    say(`  seed ${seed}: after ${grouped(steps)} steps`)
    const most = Math.min(chapter, plan.steps - steps)
    say(`  ${await audit({ steps: most, seed }, () => {})}`)
    steps += most
  }
  return `${grouped(steps)} steps of credits agree with the second account to the last 1e-9`
}

type Outcome = { readonly step: Step; readonly answered: Answered | Problem }
type Answer = Readonly<Record<string, unknown>> & { readonly id: string }

/**
 * Keeps a second account beside Bursar's through a sequence that chance makes, many steps in one batch, and compares
 * everything after each. The clock jumps from milliseconds to days.
 */
export async function audit(plan: { readonly steps: number; readonly seed: number }, say: Say): Promise<string> {
  const start = Date.UTC(2027, 0, 30)
  const clockwork = await clockworkHouse('Asia/Bangkok', start)
  const credits = new Credits(clockwork.house, { waitMaxMilliseconds: 600_000 })
  const auditor = new Auditor(credits, randomFrom(plan.seed))
  try {
    for (const party of parties) await credits.open(uuidOf(party), 'CREDIT')
    for (let batch = 1; auditor.steps < plan.steps; batch++) {
      await clockwork.set(auditor.later(start))
      await auditor.batch(1 + auditor.random(batch % 10 === 0 ? 120 : 24))
      await compareBooks(clockwork.database.pool, auditor.naive, batch % 50 === 0)
      if (batch % 500 === 0) say(`  ${grouped(auditor.steps)} steps`)
    }
    await compareBooks(clockwork.database.pool, auditor.naive, true)
    for await (const { ok, name, detail } of proveBooks(clockwork.house)) assert.ok(ok, `verify: ${name}: ${detail}`)
    return `${grouped(auditor.steps)} steps, ${grouped(auditor.accepted)} of them accepted, agree to the last 1e-9`
  } catch (error) {
    throw new Error(`seed ${plan.seed}, ${auditor.steps} steps: ${(error as Error).message}`, { cause: error })
  } finally {
    await credits.lane.close()
    await clockwork.close()
  }
}

class Auditor {
  readonly naive = new NaiveCredits()
  readonly random: Random
  readonly #counter: Counter
  readonly #steps: Steps
  /** What was accepted lately, by key. */
  #told = new Map<string, { readonly step: Step; readonly answer: string }>()
  #order: string[] = []
  steps = 0
  accepted = 0

  constructor(credits: Credits, random: Random) {
    this.random = random
    this.#counter = new Counter(credits)
    this.#steps = new Steps(random, this.naive)
    for (const party of parties) this.naive.wallet(party)
    // In which order a batch came together is what the lane was told, not what was asked first.
    const submit = credits.lane.submit.bind(credits.lane)
    credits.lane.submit = (call, ...rest) => {
      this.#order.push(call.key)
      return submit(call, ...rest)
    }
  }

  later(start: number): number {
    const jumps = [1, 50, 5_000, 60_000, 1_800_000, 20_000_000]
    this.naive.now = Math.max(start, this.naive.now + 1 + this.random(jumps[this.random(jumps.length)] as number))
    return this.naive.now
  }

  async batch(size: number): Promise<void> {
    const wanted = Array.from({ length: size }, () => this.#next())
    // The same again within one batch.
    if (this.random(5) === 0) wanted.push(wanted[this.random(wanted.length)] as Step)
    for (const step of wanted) await step.prepare?.(this.#counter)
    this.#order = []
    const outcomes = await Promise.all(
      wanted.map(async (step): Promise<Outcome> => ({ step, answered: await outcomeOf(step, this.#counter) })),
    )
    this.naive.expire(new Set(wanted.flatMap(({ owners }) => owners)))
    for (const key of this.#order) {
      const place = outcomes.findIndex(({ step }) => step.key === key)
      const [outcome] = outcomes.splice(place, 1)
      assert(outcome)
      this.#compare(outcome)
      this.steps += 1
    }
    this.#steps.known = this.#steps.known.slice(-200)
    if (this.#told.size > 2000) this.#told = new Map([...this.#told].slice(-1000))
  }

  /** Now and then a key that was used: the same again, or with another input. */
  #next(): Step {
    const step = this.#steps.next()
    const used = [...this.#told.values()]
    const before = used[this.random(used.length || 1)]
    if (!before || step.dryRun || this.random(20) > 0) return step
    // Chance may draw the very same again: that is no other input.
    if (this.random(3) > 0 || before.step.asked === step.asked) return before.step
    const { key } = before.step
    return { ...step, key, says: `${step.says}, under key ${key}`, ask: (counter) => step.ask(counter, key) }
  }

  #compare({ step, answered }: Outcome): void {
    const told = this.#told.get(step.key)
    if (told) {
      if (told.step.says !== step.says) return assertRefused(step, answered, ['idempotency-key-reused'])
      assert.ok(!(answered instanceof Problem), `${step.says}: again it is refused`)
      assert.equal(answered.answer, told.answer, `${step.says}: again it is answered otherwise`)
      return
    }
    const naive = step.dryRun ? this.naive.copy() : this.naive
    const answer = () => answerIn(step, answered)
    const expected: Expected = step.expect(naive, answer)
    if ('refused' in expected) return assertRefused(step, answered, expected.refused)
    const found = answer()
    for (const [name, value] of Object.entries(expected.tells)) {
      assert.equal(found[name], value, `${step.says}: ${name} in ${JSON.stringify(found)}`)
    }
    if (step.dryRun) return
    this.accepted += 1
    this.#told.set(step.key, { step, answer: (answered as Answered).answer })
  }
}

async function outcomeOf(step: Step, counter: Counter): Promise<Answered | Problem> {
  try {
    return await step.ask(counter)
  } catch (error) {
    if (error instanceof Problem) return error
    throw new Error(`${step.says}: ${(error as Error).message}`, { cause: error })
  }
}

function answerIn(step: Step, answered: Answered | Problem): Answer {
  if (answered instanceof Problem) assert.fail(`${step.says}: it is refused: ${answered.type}`)
  return JSON.parse(answered.answer) as Answer
}

function assertRefused(step: Step, answered: Answered | Problem, types: readonly string[]): void {
  assert.ok(answered instanceof Problem, `${step.says}: it is accepted, and should be refused: ${types.join()}`)
  assert.ok(types.includes(answered.type), `${step.says}: ${answered.type}, and not ${types.join()}`)
}
