import { strict as assert } from 'node:assert'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ended, killPostgres, type Running, socketsOf } from '../bursar.ts'
import { compareWithNaive } from './books.ts'
import { blocksOf, writeBlocks, writeDump } from './dump.ts'
import { NaiveBooks } from './naive.ts'
import { type Ingested, ingestWords, Place } from './place.ts'
import { type Random, randomFrom } from './random.ts'
import { comesTo, grouped, type Say } from './telling.ts'

export type KillPlan = { readonly jobs: number; readonly kills: number; readonly seed: number }
export type Victim = 'bursar' | 'postgres'

/** The stretch of a dump that a run reads: its own, and that of the run before, which may have been killed. */
type Stretches = { readonly whole: string; stretch(number: number): string }

async function dumpInStretches(place: Place, { jobs, seed }: KillPlan, count: number): Promise<Stretches> {
  const whole = await writeDump(place.file('dump.psv'), { jobs, seed })
  const { header, blocks } = blocksOf(whole)
  const at = (number: number) => Math.floor((blocks.length * number) / count)
  const stretch = (number: number) =>
    writeBlocks(place.file('stretch.psv'), header, blocks.slice(at(Math.max(0, number - 1)), at(number + 1)))
  return { whole, stretch }
}

/**
 * Ingests of one data directory, each killed at a moment that chance chose, then one that is left alone. What is
 * there then must be what a run without any kill would have left.
 */
export async function killWhileIngesting(victims: readonly Victim[], plan: KillPlan, say: Say): Promise<string> {
  const place = new Place(`kill-${victims.join('-')}`)
  try {
    const random = randomFrom(plan.seed)
    await place.setPrices()
    const dump = await dumpInStretches(place, plan, plan.kills + 1)
    const killed = await killRounds(victims, plan, { place, dump, random, say })
    return `${await settle(place, dump.whole)}; ${killed} kills`
  } finally {
    place.remove()
  }
}

type Rounds = { readonly place: Place; readonly dump: Stretches; readonly random: Random; readonly say: Say }

async function killRounds(
  victims: readonly Victim[],
  plan: KillPlan,
  { place, dump, random, say }: Rounds,
): Promise<number> {
  let [landed, late] = [0, 0]
  // The first goes through, and tells how long one takes here.
  let expected = (await place.run(ingestWords(dump.stretch(0)))).ms
  while (landed < plan.kills) {
    assert(late < plan.kills * 4, 'the runs are too short to be killed: give the plan more jobs')
    const victim = victims[landed % victims.length] as Victim
    const file = dump.stretch(landed + 1)
    const moment = random(Math.ceil(expected))
    const run = place.begin(ingestWords(file))
    await sleep(moment)
    const hit = await strike(victim, place, run)
    const end = await run.ended
    assertBearable(victim, end)
    if (hit && (victim === 'postgres' ? end.code !== 0 : end.signal === 'SIGKILL')) {
      landed += 1
      say(`  ${landed}: ${victim} killed after ${moment} of about ${Math.round(expected)} ms`)
    } else {
      late += 1
      expected = end.ms
    }
  }
  return landed
}

async function strike(victim: Victim, place: Place, run: Running): Promise<boolean> {
  if (victim === 'bursar') return run.child.kill('SIGKILL')
  // It may not have started yet.
  while (run.child.exitCode === null) {
    if (killPostgres(place.data) > 0) return true
    await sleep(5)
  }
  return false
}

/** Who loses the database under its feet says so in words, and ends. */
function assertBearable(victim: Victim, { code, signal, err }: Ended): void {
  if (code === 0 || (victim === 'bursar' && signal === 'SIGKILL')) return
  assert.equal(code, 1, `it ends with 1: ${signal} ${err}`)
  assert.match(err, /^bursar: .*\n.+/m, `it says what happened and what to do: ${err}`)
  assert.doesNotMatch(err, /^ {4}at |something unexpected/m, `it knows what happened: ${err}`)
}

/** The next start goes on without a hand, and all is as if nothing had happened. */
async function settle(place: Place, whole: string): Promise<string> {
  const naive = await new NaiveBooks().readFile(whole)
  await place.ingest(whole)
  const compared = await compareWithNaive(place, naive)
  const again = await place.ingest(whole)
  assert.deepEqual([again.recorded, again.corrected, again.charged, again.trueUps], [0, 0, 0, 0])
  const checks = await place.verify()
  place.assertNothingRuns()
  const sockets = socketsOf(place.data)
  assert(sockets === undefined || !existsSync(sockets), `${sockets} is left behind`)
  return `${comesTo(compared)}, ${checks} checks green`
}

/** A server on the same data directory: who is killed takes nothing from the other. */
export async function killBesideServe(plan: KillPlan, say: Say): Promise<string> {
  const place = new Place('kill-serve')
  try {
    const random = randomFrom(plan.seed)
    await place.setPrices()
    const dump = await dumpInStretches(place, plan, 2 * plan.kills + 1)
    let server = await serving(place)
    let expected = Math.ceil((await place.run(ingestWords(dump.stretch(0)))).ms)
    for (let round = 1; round <= plan.kills; round++) {
      const run = place.begin(ingestWords(dump.stretch(2 * round - 1)))
      await sleep(random(expected))
      server.running.child.kill('SIGKILL')
      await server.running.ended
      const { code, err, ms } = await run.ended
      assert.equal(code, 0, `the ingest goes on without the server: ${err}`)
      expected = Math.ceil(ms)

      server = await serving(place)
      const other = place.begin(ingestWords(dump.stretch(2 * round)))
      await sleep(random(expected))
      other.child.kill('SIGKILL')
      const how = (await other.ended).signal
      assert.equal((await fetch(`${server.url}/ready`)).status, 200, 'the server goes on without the ingest')
      say(`  ${round}: serve killed beside an ingest, ingest ${how ? 'killed' : 'done'} beside serve`)
    }
    await losesDatabase(place, server, dump.whole)
    const proved = await settleBeside(place, server, dump.whole)
    return `${proved}; ${plan.kills} + ${plan.kills} kills, and PostgreSQL once`
  } finally {
    place.remove()
  }
}

type Server = { readonly running: Running; readonly url: string }

async function serving(place: Place): Promise<Server> {
  const running = place.begin(['serve', '--port', '0', '--json'])
  const said = await running.said(/"url":"[^"]+"/)
  const { url } = JSON.parse(`{${said}}`) as { url: string }
  assert.equal((await fetch(`${url}/ready`)).status, 200)
  return { running, url }
}

/** PostgreSQL dies under a server that goes on; whoever comes next brings it back, for both. */
async function losesDatabase(place: Place, server: Server, whole: string): Promise<void> {
  assert(killPostgres(place.data) > 0)
  await place.answer<Ingested>(ingestWords(whole))
  let status = 0
  for (let wait = 0; status !== 200 && wait < 100; wait++) {
    await sleep(100)
    status = (await fetch(`${server.url}/ready`)).status
  }
  assert.equal(status, 200, 'the server finds the database again')
}

async function settleBeside(place: Place, server: Server, whole: string): Promise<string> {
  server.running.child.kill('SIGTERM')
  const { code, err } = await server.running.ended
  assert.equal(code, 0, err)
  return await settle(place, whole)
}

export const killedText = (plan: KillPlan) => `${grouped(plan.jobs)} jobs, ${plan.kills} kills, seed ${plan.seed}`
