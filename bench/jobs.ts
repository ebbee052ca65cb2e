import { randomUUID } from 'node:crypto'
import { seconds, withDirectory } from './books.ts'
import { tenths } from './callers.ts'
import { closedLoop, type Loaded } from './closed-loop.ts'
import { makeUpJobs } from './made-up-jobs.ts'
import { Connection } from './load.ts'
import type { BenchResult } from './result.ts'
import { serveBursar, type Serving, stopped } from './serving.ts'

const connections = 16
const pairs = 300
const workers = 8
const reportedJobs = Number(process.env['BENCH_JOBS'] ?? 1_000_000)

type Scene = { readonly vlab: string; readonly project: string }

/** The job doors over HTTP, as a client of the reference service asks them; what that one reaches stands beside it. */
export async function jobsBench(): Promise<BenchResult> {
  const [figures, verdict] = await withDirectory(async (directory) => {
    const server = await serveBursar(directory)
    return await stopped(server, measured(server))
  })
  const { reserved, charged, balances, reversed } = figures
  const [pages] = await withDirectory(
    async (directory, houseOf) => {
      const first = await serveBursar(directory)
      const scene = await stopped(first, furnished(first))
      await houseOf((house) => makeUpJobs(house, scene, reportedJobs))
      const server = { ...(await serveBursar(directory)), key: first.key }
      return await stopped(server, reportPages(server, scene))
    },
    { proved: false },
  )
  const reportPageMs = Math.max(...pages.map(({ ms }) => ms))
  const line = (what: string, { perSecond, p50Ms, p99Ms }: Loaded, beside: string) =>
    `  ${what.padEnd(34)}${perSecond.toLocaleString('en')}/s  p50 ${p50Ms} ms  p99 ${p99Ms} ms  (reference ${beside})`
  return {
    metrics: {
      reservationsPerSecond: reserved.perSecond,
      p99Ms: reserved.p99Ms,
      chargedJobsPerSecond: charged.perSecond,
      balancesPerSecond: balances.perSecond,
      reportPageMs,
      assignAndReverseErrors: reversed.errors,
      assignAndReversePerSecond: reversed.perSecond,
    },
    lines: [
      `${connections} connections, one project; server, PostgreSQL and load on one machine`,
      line('reserve', reserved, '154/s, p99 293 ms'),
      line('reserve, use, charged', charged, '90 charged/s'),
      line('balance of a project', balances, '740/s'),
      `  ${pairs} assign and reverse, ${workers} workers: ${reversed.errors} errors, ${reversed.perSecond}/s`,
      `  report of ${reportedJobs.toLocaleString('en')} jobs, 1,000 a page: ` +
        pages.map(({ page, ms }) => `page ${page.toLocaleString('en')} ${ms} ms`).join(', '),
      ...verdict,
    ],
  }
}

async function measured(server: Serving) {
  const scene = await furnished(server)
  const lasts = seconds(8)
  const reserved = await closedLoop(server.url, connections, lasts, async (connection) => {
    await posted(server, connection, '/reservation/oneshot', reservation(scene))
  })
  const charged = await closedLoop(server.url, connections, lasts, async (connection) => {
    const made = await posted(server, connection, '/reservation/oneshot', reservation(scene))
    const { job_id: job } = (JSON.parse(made) as { data: { job_id: string } }).data
    await posted(server, connection, '/usage/oneshot', usage(scene, job))
  })
  const head = headOf(server, 'GET', `/balance/project/${scene.project}`)
  const balances = await closedLoop(server.url, connections, lasts, async (connection) => {
    const { status, body } = await connection.send(`${head}\r\n`)
    if (status !== 200) throw new Error(`${status}: ${body}`)
  })
  return { reserved, charged, balances, reversed: await reversing(server, scene) }
}

/** A system account, a price, a virtual lab and a project with credits that no bench uses up. */
async function furnished(server: Serving): Promise<Scene> {
  const [vlab, project] = [randomUUID(), randomUUID()]
  const connection = new Connection(server.url)
  const post = (path: string, body: object) => posted(server, connection, path, JSON.stringify(body))
  await post('/account/system', { id: randomUUID(), name: 'system' })
  await post('/account/virtual-lab', { id: vlab, name: 'lab', balance: '1000000000' })
  await post('/account/project', { id: project, name: 'project', vlab_id: vlab })
  await post('/budget/assign', { vlab_id: vlab, proj_id: project, amount: '900000000' })
  await post('/price', {
    service_type: 'oneshot',
    service_subtype: 'ml-llm',
    valid_from: '2020-01-01T00:00:00Z',
    valid_to: null,
    vlab_id: null,
    tiers: [{ min_quantity: 0, max_quantity: null, fixed_cost: '0.01', multiplier: '0.00001' }],
  })
  connection.close()
  return { vlab, project }
}

const user = randomUUID()
const reservation = ({ project }: Scene): string =>
  JSON.stringify({ type: 'oneshot', subtype: 'ml-llm', proj_id: project, user_id: user, count: 1000, name: 'bench' })
const usage = ({ project }: Scene, job: string): string =>
  JSON.stringify({
    type: 'oneshot',
    subtype: 'ml-llm',
    proj_id: project,
    job_id: job,
    count: 800,
    timestamp: Math.floor(Date.now() / 1000),
  })

/** One pair of accounts, moved there and back by many at once. */
async function reversing(server: Serving, { vlab, project }: Scene) {
  const body = JSON.stringify({ vlab_id: vlab, proj_id: project, amount: '1' })
  let left = pairs
  let errors = 0
  const since = performance.now()
  const work = async () => {
    const connection = new Connection(server.url)
    for (; left > 0; ) {
      left -= 1
      for (const path of ['/budget/assign', '/budget/reverse']) {
        await posted(server, connection, path, body).catch(() => (errors += 1))
      }
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: workers }, work))
  return { errors, perSecond: Math.round((pairs * 2) / ((performance.now() - since) / 1000)) }
}

/** The first page, one in the middle and the last one, of the system and of one project: the median of five times. */
async function reportPages(server: Serving, { project }: Scene) {
  const connection = new Connection(server.url)
  const last = Math.ceil(reportedJobs / 1000)
  const pages: { page: number; ms: number }[] = []
  for (const path of ['/report/system', `/report/project/${project}`]) {
    for (const page of [1, Math.ceil(last / 2), last]) {
      const times: number[] = []
      for (let time = 0; time < 6; time++) {
        const since = performance.now()
        const { status, body } = await connection.send(
          `${headOf(server, 'GET', `${path}?page=${page}&page_size=1000`)}\r\n`,
        )
        times.push(performance.now() - since)
        const found = status === 200 ? (JSON.parse(body) as { data: { items: unknown[] } }).data.items.length : 0
        if (found !== Math.min(1000, reportedJobs))
          throw new Error(`${status}: ${found} jobs on page ${page}: ${body.slice(0, 200)}`)
      }
      // The first time plans and warms up.
      const [, , median = 0] = times.slice(1).sort((a, b) => a - b)
      pages.push({ page, ms: tenths(median) })
    }
  }
  connection.close()
  return pages
}

const headOf = ({ url, key }: Serving, method: string, path: string): string =>
  `${method} ${path} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`

async function posted(server: Serving, connection: Connection, path: string, body: string): Promise<string> {
  const head = headOf(server, 'POST', path)
  const answer = await connection.send(`${head}content-length: ${body.length}\r\n\r\n${body}`)
  if (answer.status !== 200 && answer.status !== 201) throw new Error(`${path} ${answer.status}: ${answer.body}`)
  return answer.body
}
