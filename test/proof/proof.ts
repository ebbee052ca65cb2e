import { fuzzed } from '../fuzz/told.ts'
import { auditLong } from './auditor.ts'
import { crowdInOne, crowdInTwo } from './crowd.ts'
import { crowdAtDoors } from './http-crowd.ts'
import { killUnderJobs } from './jobs-kill.ts'
import { killBesideServe, killedText, killWhileIngesting } from './kill.ts'
import { killAtCounter, killPostgresAt, killUnderCounter, opposite } from './lane-kill.ts'
import { loseAnswers } from './lost-answers.ts'
import { twice } from './million.ts'
import { anyOrder, correctionsInAnyOrder } from './order.ts'
import { poisonAmong } from './poison.ts'
import { raceExpiry } from './races.ts'
import { seedOfRun as seed } from './random.ts'
import { grouped } from './telling.ts'

/**
 * npm run proof              everything (a while)
 * npm run proof -- kill      those whose names begin so
 * PROOF_SEED=7 npm run proof the same chances again; PROOF_JOBS and PROOF_STEPS set the sizes of the large runs
 */
const say = (text: string): void => console.log(text)
const million = Number(process.env['PROOF_JOBS'] ?? 1_000_000)
const steps = Number(process.env['PROOF_STEPS'] ?? 1_000_000)
const kills = { jobs: 200_000, kills: 10, seed }
const order = { jobs: 20_000, seed }

type Proof = { readonly name: string; readonly about: string; readonly run: () => Promise<string> }

const proofs: readonly Proof[] = [
  {
    name: 'auditor',
    about: `a second account beside ${grouped(steps)} steps of credits (seed ${seed})`,
    run: () => auditLong({ steps, seed }, say),
  },
  {
    name: 'credits-crowd',
    about: '1,000 and 5,000 holds of 0.10 at once on 5.00, in one process and in two, 20 times',
    run: () => crowds(20),
  },
  {
    name: 'credits-poison',
    about: 'one poisoned operation among 1,000, and in which time',
    run: () => poisonAmong(20),
  },
  {
    name: 'credits-races',
    about: `10,000 holds settled while their time passes (seed ${seed})`,
    run: () => raceExpiry({ races: 10_000, seed }),
  },
  {
    name: 'credits-lost',
    about: `10,000 commits whose answer is lost (seed ${seed})`,
    run: () => loseAnswers({ commits: 10_000, seed }),
  },
  {
    name: 'credits-opposite',
    about: `two processes, overlapping wallets in opposite orders, 10 minutes (seed ${seed})`,
    run: () => opposite({ seconds: 600, seed }),
  },
  {
    name: 'credits-kill',
    about: `kill -9 of Bursar and of PostgreSQL at every fail-point of the lane and under load, 20 times (seed ${seed})`,
    run: async () => {
      const all = [await killAtCounter({ kills: 24, seed }, say), await killPostgresAt({ kills: 21, seed }, say)]
      return [...all, await killUnderCounter({ kills: 20, seed }, say)].join('; ')
    },
  },
  {
    name: 'jobs-kill',
    about: `kill -9 of one of two servers under a load of jobs, 20 times (seed ${seed})`,
    run: () => killUnderJobs({ kills: 20, servers: 2, clients: 32, seed }, say),
  },
  {
    name: 'kill-bursar',
    about: `kill -9 of Bursar while it ingests (${killedText(kills)})`,
    run: () => killWhileIngesting(['bursar'], kills, say),
  },
  {
    name: 'kill-postgres',
    about: `kill -9 of PostgreSQL while Bursar ingests (${killedText(kills)})`,
    run: () => killWhileIngesting(['postgres'], kills, say),
  },
  {
    name: 'kill-serve',
    about: `kill -9 of serve beside an ingest, and the other way round (${killedText({ ...kills, kills: 5 })})`,
    run: () => killBesideServe({ ...kills, kills: 5 }, say),
  },
  {
    name: 'order-dump',
    about: `one dump shuffled, in pieces, overlapping, from two processes (${grouped(order.jobs)} jobs, seed ${seed})`,
    run: () => anyOrder(order, say),
  },
  {
    name: 'order-corrections',
    about: `running, ended and corrected jobs in any order (${grouped(order.jobs)} jobs, seed ${seed})`,
    run: () => correctionsInAnyOrder(order, say),
  },
  {
    name: 'fuzz',
    about: `100,000 requests made from the OpenAPI document (seed ${seed})`,
    run: () => fuzzed(100_000, seed, say),
  },
  {
    name: 'million',
    about: `${grouped(million)} jobs twice (seed ${seed})`,
    run: () => twice({ jobs: million, seed }, say),
  },
]

async function crowds(times: number): Promise<string> {
  for (let time = 1; time <= times; time++) {
    for (const bound of ['wallet', 'budget'] as const) {
      for (const holds of [1000, 5000]) {
        say(`  ${await crowdInOne(holds, bound)}; ${await crowdInTwo(holds, bound)}`)
        say(`  ${await crowdAtDoors(holds, 1, bound)}; ${await crowdAtDoors(holds, 2, bound)}`)
      }
    }
  }
  return `each time exactly 50 succeed, ${times} times`
}

const wanted = process.argv.slice(2)
const chosen = proofs.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
if (chosen.length === 0) {
  say(`There is no proof ${wanted.join(', ')}. There are: ${proofs.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

type Result = { readonly name: string; readonly ok: boolean; readonly seconds: string; readonly text: string }
const results: Result[] = []
for (const { name, about, run } of chosen) {
  say(`${name}: ${about}`)
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`
  try {
    results.push({ name, ok: true, text: await run(), seconds: seconds() })
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    results.push({ name, ok: false, text: `see above; again with PROOF_SEED=${seed}`, seconds: seconds() })
  }
}

say(`\nseed ${seed}`)
for (const { name, ok, seconds, text } of results)
  say(`${ok ? 'proved' : 'FAILED'}  ${name.padEnd(18)}${seconds.padStart(6)}  ${text}`)
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1
