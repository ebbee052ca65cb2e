import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { newKey } from '../../src/access/testing.ts'
import { listen } from '../../src/app.ts'
import { openLog } from '../../src/http/log.ts'
import { freshHouse } from '../../src/operations/testing.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { readSettings } from '../../src/settings.ts'

type Fields = Readonly<Record<string, unknown>>

/** Whatever is told of a job is told so long ago. */
export const start = Math.floor(Date.now() / 1000) - 100_000

/** A real server with a virtual lab, prices, and jobs that tell how they go at moments after `start`. */
export async function openJobSite(settings: Readonly<Record<string, string>> = {}) {
  const fresh = await freshHouse()
  const lines: string[] = []
  const log = openLog('warn', { write: (line) => lines.push(line) })
  const server = await listen(fresh.house, readSettings({ BURSAR_PORT: '0', ...settings }), log)
  const key = await newKey(fresh.house)
  const ask = async (method: string, path: string, body?: Fields) => {
    const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) }
    const answer = await fetch(`${server.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const text = await answer.text()
    return { status: answer.status, text }
  }
  const done = doneBy(ask)
  const vlab = await openLab(done)
  return {
    start,
    ask,
    done,
    lines,
    jobs: server.jobs,
    url: server.url,
    key,
    databaseUrl: fresh.url,
    async project(amount: number): Promise<string> {
      const id = randomUUID()
      await done('POST', '/account/project', { id, name: `Project ${id}`, vlab_id: vlab })
      if (amount > 0) await done('POST', '/budget/assign', { vlab_id: vlab, proj_id: id, amount })
      return id
    },
    oneshot: async (proj_id: string, more: Fields = {}) =>
      await reserved(done, { type: 'oneshot', subtype: 'ml-llm', proj_id, count: 100, ...more }),
    longrun: async (proj_id: string, more: Fields = {}) =>
      await reserved(done, { type: 'longrun', subtype: 'notebook', proj_id, duration: 100, instances: 1, ...more }),
    used: (proj_id: string, job_id: string, at: number, count: number) => {
      const told = { type: 'oneshot', subtype: 'ml-llm', proj_id, job_id, count, timestamp: start + at }
      return done('POST', '/usage/oneshot', told)
    },
    told: (proj_id: string, job_id: string, status: string, at: number, more: Fields = {}) => {
      const told = { type: 'longrun', subtype: 'notebook', proj_id, job_id, status, timestamp: start + at, ...more }
      return done('POST', '/usage/longrun', told)
    },
    stored: (proj_id: string, at: number, size: number) =>
      done('POST', '/usage/storage', { type: 'storage', proj_id, size, timestamp: start + at }),
    balance: (project: string) => done<{ balance: string; reservation: string }>('GET', `/balance/project/${project}`),
    reported: async (project: string) =>
      (await done<{ items: readonly Fields[] }>('GET', `/report/project/${project}`)).items,
    problems: async (project: string) =>
      (await done<{ items: readonly { reason: string }[] }>('GET', `/problem?proj_id=${project}`)).items
        .map(({ reason }) => reason)
        .toReversed(),
    metric: async (name: string) => {
      const { text } = await ask('GET', '/metrics')
      return new RegExp(`^${RegExp.escape(name)} (.*)$`, 'm').exec(text)?.[1]
    },
    async requireProved() {
      const faults: string[] = []
      for await (const { ok, name, detail } of proveBooks(fresh.house)) if (!ok) faults.push(`${name}: ${detail}`)
      assert.deepEqual(faults, [])
    },
    close: async () => {
      await server.close()
      await fresh.drop()
    },
  }
}

type Done = <Data>(method: string, path: string, body: Fields) => Promise<Data>

/** A virtual lab that has plenty, and one price for each type of job. */
async function openLab(done: Done): Promise<string> {
  const vlab = randomUUID()
  await done('POST', '/account/system', { id: randomUUID(), name: 'System' })
  await done('POST', '/account/virtual-lab', { id: vlab, name: 'Lab', balance: 100_000 })
  for (const [service_type, service_subtype] of [
    ['oneshot', 'ml-llm'],
    ['longrun', 'notebook'],
    ['storage', 'storage'],
  ]) {
    const tiers = [{ min_quantity: 0, max_quantity: null, fixed_cost: 1, multiplier: '0.01' }]
    const span = { valid_from: '2020-01-01T00:00:00Z', valid_to: null }
    await done('POST', '/price', { service_type, service_subtype, ...span, vlab_id: null, tiers })
  }
  return vlab
}

async function reserved(done: Done, body: Fields): Promise<string> {
  const path = `/reservation/${body['type'] as string}`
  return (await done<{ job_id: string }>('POST', path, { user_id: randomUUID(), ...body })).job_id
}

export type JobSite = Awaited<ReturnType<typeof openJobSite>>

type Ask = (method: string, path: string, body?: Fields) => Promise<{ status: number; text: string }>

/** As clients do: where more was asked than a busy machine answers, nothing was changed, and they ask again. */
const doneBy =
  (ask: Ask) =>
  async <Data>(method: string, path: string, body?: Fields): Promise<Data> => {
    let { status, text } = await ask(method, path, body)
    for (let again = 0; status === 503 && again < 100; again++) {
      await sleep(50)
      ;({ status, text } = await ask(method, path, body))
    }
    assert.ok(status < 300, `${method} ${path}: ${status} ${text}`)
    return (JSON.parse(text) as { data: Data }).data
  }
