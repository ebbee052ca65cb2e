import { randomUUID } from 'node:crypto'
import { newKey } from '../../src/access/testing.ts'
import { listen } from '../../src/app.ts'
import { openLog } from '../../src/http/log.ts'
import { freshHouse } from '../../src/operations/testing.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { readSettings } from '../../src/settings.ts'
import { type Random, randomFrom } from '../proof/random.ts'
import { type Asked, type Document, type Door, doorsOf, requestOf, type Texts } from './door.ts'
import { jobSeed } from './jobs.ts'
import { Pool } from './pool.ts'
import { seed } from './seed.ts'

export type Fuzzed = {
  readonly requests: number
  /** Answers by their status. */
  readonly statuses: ReadonlyMap<number, number>
  /** Of those that passed validation, whatever became of them then. */
  readonly validShare: number
  /** Operations that never succeeded. */
  readonly unreached: readonly string[]
  /** Requests that were answered by a bare failure, with the answer. */
  readonly broken: readonly string[]
  /** Checks of the books that failed after all. */
  readonly unproved: readonly string[]
}

const lanes = 8
const settings = { BURSAR_PORT: '0', BURSAR_ZONE: 'Asia/Bangkok', BURSAR_APPROVAL_GRANT_LIMIT: '50' }
const brokenMax = 20
/** Chance may have left a door without what it needs: so many more requests are made before it counts as unreached. */
const extraMax = 20_000

/** Asks every operation of the OpenAPI document, as admin, again and again, with what it wants and with what it does not. */
export async function fuzz(
  requests: number,
  number: number,
  onRequest: (count: number) => void = () => {},
): Promise<Fuzzed> {
  const fresh = await freshHouse('Asia/Bangkok')
  const failures: string[] = []
  const log = openLog('error', { write: (line) => failures.push(line.slice(0, 2000)) })
  // Two, because what one asks for above the limit the other decides.
  const keys = [await newKey(fresh.house, { name: 'one' }), await newKey(fresh.house, { name: 'other' })]
  const server = await listen(fresh.house, readSettings(settings), log)
  try {
    const ask: Ask = (asked) =>
      fetch(`${server.url}${asked.path}`, {
        method: asked.method,
        headers: { authorization: `Bearer ${keys[asked.who ?? 0]}`, ...asked.headers },
        ...(asked.body !== undefined && { body: asked.body }),
      })
    for (const given of [...seed, ...jobSeed]) {
      const headers = { 'content-type': given.type ?? 'application/json', 'idempotency-key': randomUUID() }
      const answer = await ask({ method: given.method, path: given.path, headers, body: given.body })
      if (!answer.ok) throw new Error(`${given.path}: ${answer.status} ${await answer.text()}`)
    }
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document
    const own = await (await ask({ method: 'GET', path: '/api/v1/keys', headers: {}, body: undefined })).json()
    const spared = JSON.stringify(own).match(/key_[0-9a-z]+/g) ?? []
    const run = new Run(document, new Pool(spared), number, ask)
    for (const path of ['organisations', 'projects', 'people', 'providers']) {
      run.pool.learn(await (await ask({ method: 'GET', path: `/api/v1/${path}`, headers: {}, body: undefined })).json())
    }
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (run.begun < requests || (run.begun < requests + extraMax && run.isMissingSome))
          onRequest(await run.once())
      }),
    )
    const unproved: string[] = []
    for await (const { ok, name, detail } of proveBooks(fresh.house)) if (!ok) unproved.push(`${name}: ${detail}`)
    return { ...run.result, broken: [...run.broken, ...failures].slice(0, brokenMax), unproved }
  } finally {
    await server.close()
    await fresh.drop()
  }
}

type Ask = (asked: Omit<Asked, 'door'> & { method: string; who?: number }) => Promise<Response>

class Run {
  readonly pool: Pool
  readonly broken: string[] = []
  begun = 0
  readonly #doors: readonly Door[]
  readonly #components: Document['components']['schemas']
  readonly #random: Random
  readonly #ask: Ask
  readonly #statuses = new Map<number, number>()
  readonly #reached = new Set<string>()

  constructor(document: Document, pool: Pool, number: number, ask: Ask) {
    this.#doors = doorsOf(document)
    this.#components = document.components.schemas
    this.#random = randomFrom(number)
    this.#ask = ask
    this.pool = pool
  }

  /** Doors that were not reached yet come first, so that a short run reaches all of them. */
  #door(): Door {
    const missing = this.#doors.filter(({ id }) => !this.#reached.has(id))
    const among = missing.length > 0 && this.#random(2) > 0 ? missing : this.#doors
    return among[this.#random(among.length)] as Door
  }

  get isMissingSome(): boolean {
    return this.#reached.size < this.#doors.length
  }

  async once(): Promise<number> {
    const count = ++this.begun
    const maker = { random: this.#random, pool: this.pool, components: this.#components }
    const asked = requestOf(maker, this.#door(), texts)
    const { door } = asked
    const answer = await this.#ask({ ...asked, method: door.method, who: this.#random(2) })
    const text = await answer.text()
    this.#statuses.set(answer.status, (this.#statuses.get(answer.status) ?? 0) + 1)
    if (answer.ok || answer.status === 304) {
      this.#reached.add(door.id)
      if (answer.headers.get('content-type')?.includes('json') && text !== '') this.pool.learn(JSON.parse(text))
    }
    // A machine that is busy with other things may well say that it is.
    if (answer.status >= 500 && !text.includes('/problems/overloaded'))
      this.broken.push(`${answer.status} ${door.method} ${asked.path} ${asked.body ?? ''} → ${text}`.slice(0, 1500))
    return count
  }

  get result() {
    const of = (status: number) => this.#statuses.get(status) ?? 0
    const refused = of(400) + of(413) + of(415) + of(422)
    return {
      requests: this.begun,
      statuses: this.#statuses,
      validShare: 1 - refused / this.begun,
      unreached: this.#doors.map(({ id }) => id).filter((id) => !this.#reached.has(id)),
    }
  }
}

const yaml = (random: Random) =>
  `prices:\n  - { service: svc${random(50)}, component: c${random(3)}, from: 2027-0${1 + random(9)}-01, currency: THB, ` +
  `quantity: node_seconds${['', ' * 2', ' / 3600', ' + gpu_seconds'][random(4)]}, flat: { price: ${random(1000)}.${random(1000)}, per: ${1 + random(3600)} } }\n`

const texts: Texts = {
  'importParties text/csv': (random) =>
    `organisation,tier,project,person\norg${random(20)},tier${random(3)},project${random(50)},person${random(50)}\n`,
  'checkPrices application/yaml': yaml,
  'setPrices application/yaml': yaml,
}
