import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, randomFrom } from './random.ts'

type Fields = Readonly<Record<string, unknown>>

/** What was acknowledged: jobs that were reserved, and what they told. */
export type Acknowledged = { readonly jobs: Set<string>; readonly events: Set<string> }

/** Clients of several servers of one site, who ask again with the same key until they are answered. */
export class JobsLoad {
  readonly acknowledged: Acknowledged = { jobs: new Set(), events: new Set() }
  readonly #urls: () => readonly string[]
  readonly #key: string
  readonly #now = Math.floor(Date.now() / 1000)
  #over = false
  #asked = 0

  constructor(urls: () => readonly string[], key: string) {
    this.#urls = urls
    this.#key = key
  }

  /** Projects with credits, and prices. */
  async prepare(count: number): Promise<string[]> {
    const vlab = randomUUID()
    await this.#ask('POST', '/account/system', { id: randomUUID(), name: 'System' })
    await this.#ask('POST', '/account/virtual-lab', { id: vlab, name: 'Lab', balance: 1_000_000 })
    for (const [service_type, service_subtype] of [
      ['oneshot', 'ml-llm'],
      ['longrun', 'notebook'],
    ]) {
      const tiers = [{ min_quantity: 0, max_quantity: null, fixed_cost: 1, multiplier: '0.01' }]
      const span = { valid_from: '2020-01-01T00:00:00Z', valid_to: null }
      await this.#ask('POST', '/price', { service_type, service_subtype, ...span, vlab_id: null, tiers })
    }
    const projects = Array.from({ length: count }, () => randomUUID())
    for (const id of projects) {
      await this.#ask('POST', '/account/project', { id, name: `Project ${id}`, vlab_id: vlab })
      await this.#ask('POST', '/budget/assign', { vlab_id: vlab, proj_id: id, amount: 100_000, reference: id })
    }
    return projects
  }

  /** Until it is stopped. */
  async run(projects: readonly string[], clients: number, seed: number): Promise<void> {
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const random = randomFrom(seed * 1000 + client + 1)
        while (!this.#over) await this.#live(projects[random(projects.length)] as string, random)
      }),
    )
  }

  stop(): void {
    this.#over = true
  }

  /** One job from its reservation to its end; what it tells may be told in any order, and again. */
  async #live(project: string, random: Random): Promise<void> {
    const type = random(3) === 0 ? 'oneshot' : 'longrun'
    const of = { type, subtype: type === 'oneshot' ? 'ml-llm' : 'notebook', proj_id: project }
    const extent = type === 'oneshot' ? { count: 100 } : { duration: 100, instances: 1 }
    const body = { ...of, user_id: randomUUID(), ...extent }
    const { data } = await this.#ask('POST', `/reservation/${type}`, body, randomUUID())
    const { job_id } = data as { job_id: string }
    this.acknowledged.jobs.add(job_id)
    if (random(10) === 0) return void (await this.#ask('DELETE', `/reservation/${type}/${job_id}`, undefined, job_id))
    const tell = async (kind: string, second: number, more: Fields) => {
      const timestamp = this.#now - 1000 + second
      const { status } = await this.#ask('POST', `/usage/${type}`, { ...of, job_id, timestamp, ...more })
      assert.equal(status, 201)
      this.acknowledged.events.add(`${job_id} ${kind} ${timestamp}`)
    }
    if (type === 'oneshot') return await tell('oneshot', random(100), { count: random(200) })
    const told = ['started', 'running', 'finished'].map((kind, n) => () => tell(kind, n * 50, { status: kind }))
    if (random(3) === 0) told.reverse()
    if (random(2) === 0) for (const each of told) await each()
    else await Promise.all(told.map((each) => each()))
  }

  async #ask(method: string, path: string, body?: Fields, key?: string): Promise<{ status: number; data: unknown }> {
    const headers = {
      authorization: `Bearer ${this.#key}`,
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
    }
    const sent = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    for (;;) {
      const urls = this.#urls()
      try {
        const answer = await fetch(`${urls[this.#asked++ % urls.length]}${path}`, sent)
        const text = await answer.text()
        if (answer.ok) return { status: answer.status, data: (JSON.parse(text) as { data: unknown }).data }
        assert.equal(answer.status, 503, `${method} ${path}: ${answer.status} ${text}`)
      } catch (error) {
        // The server is gone in the middle of an answer, or not there yet.
        if (!(error instanceof TypeError)) throw error
      }
      await sleep(20)
    }
  }
}
