import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import { orNotFound } from '../http/problem.ts'
import { closed, nullable, oneOf } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import { type Proved, proveBooks, sealProved } from './commands.ts'

const Verification = closed(
  {
    id: Type.String(),
    state: oneOf(['running', 'proved', 'failed', 'broken'], {
      description: 'failed: a check found something wrong; broken: it could not be looked at to the end',
    }),
    startedAt: Type.String(),
    endedAt: nullable(Type.String()),
    records: Type.Integer({ description: 'rated again so far' }),
    checks: Type.Array(
      closed({ name: Type.String(), ok: Type.Boolean(), detail: Type.String(), milliseconds: Type.Number() }, 'Check'),
    ),
    problem: nullable(Type.String()),
  },
  'Verification',
)

type Run = {
  readonly id: string
  state: 'running' | 'proved' | 'failed' | 'broken'
  readonly startedAt: string
  endedAt: string | null
  records: number
  readonly checks: Proved[]
  problem: string | null
}

/** Of so many the outcome is remembered, by the process that ran them. */
const remembered = 20

/** `POST /api/v1/verifications` proves the books in the background; `GET` tells how far it is. */
export function addProofRoutes(server: ApiServer, house: House): void {
  const runs = new Map<string, Run>()
  server.post(
    '/api/v1/verifications',
    door({
      operation: 'verify.run',
      id: 'verifyBooks',
      tag: 'proof',
      summary: 'Prove the books in the background; while one proof runs, it is the answer',
      answers: { 202: Verification },
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      const running = [...runs.values()].find(({ state }) => state === 'running')
      const run = running ?? begin(house, (failure) => request.log.error({ err: failure }, 'the books were not proved'))
      runs.set(run.id, run)
      const [oldest] = runs.keys()
      if (runs.size > remembered && oldest !== undefined) runs.delete(oldest)
      return reply.code(202).header('location', `/api/v1/verifications/${run.id}`).send(run)
    },
  )
  server.get(
    '/api/v1/verifications/:verification',
    door({
      operation: 'verify.run',
      id: 'readVerification',
      tag: 'proof',
      summary: 'How far a proof of the books is, and what it found',
      description: 'The last proofs are known to the process that ran them.',
      params: Type.Object({ verification: Type.String({ pattern: '^[0-9a-f-]{36}$', description: 'its id' }) }),
      answers: { 200: Verification },
      problems: ['not-found'],
    }),
    async (request) => {
      requireEverything(principalOf(request))
      return orNotFound(runs.get(request.params.verification))
    },
  )
}

function begin(house: House, onFailure: (failure: unknown) => void): Run {
  const run: Run = {
    id: randomUUID(),
    state: 'running',
    startedAt: new Date().toISOString(),
    endedAt: null,
    records: 0,
    checks: [],
    problem: null,
  }
  void prove(house, run).catch((failure: unknown) => {
    run.state = 'broken'
    run.problem = 'The database could not be read to the end; the log of Bursar says why.'
    run.endedAt = new Date().toISOString()
    onFailure(failure)
  })
  return run
}

async function prove(house: House, run: Run): Promise<void> {
  for await (const check of proveBooks(house, undefined, (count) => (run.records = count))) run.checks.push(check)
  const isProved = run.checks.every(({ ok }) => ok)
  // Only what is right is sealed on the way.
  if (isProved) run.problem = (await sealProved(house)) ?? null
  run.state = isProved ? 'proved' : 'failed'
  run.endedAt = new Date().toISOString()
}
