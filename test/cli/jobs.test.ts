import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { answerOf, begin, bursar, type Environment } from '../bursar.ts'
import { type FreshDatabase, freshDatabase } from '../../src/database/testing.ts'

let fresh: FreshDatabase
let home: string
let environment: Environment
const [lab, project] = [randomUUID(), randomUUID()]
const at = Date.UTC(2026, 10, 1) / 1000
let job = ''

before(async () => {
  fresh = await freshDatabase()
  home = mkdtempSync(join(tmpdir(), 'bursar-jobs-'))
  environment = { DATABASE_URL: fresh.url, BURSAR_DATA: home, BURSAR_PORT: '0', MAX_PAST_EVENT_TIMEDELTA: '315000000' }
  job = await aJob()
})
after(async () => {
  await fresh.drop()
  rmSync(home, { recursive: true })
})

/** A server at which a job was reserved and used, and something else told that nobody knows; answers the job. */
async function aJob(): Promise<string> {
  const running = begin(['serve'], environment)
  const said = await running.said(/listens on (\S+)[\s\S]*Ctrl-C/)
  const [url, key] = [/listens on (\S+)/.exec(said)?.[1] ?? '', /bsr_\w{8}_\w{43}/.exec(said)?.[0] ?? '']
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const told = (await answer.json()) as { data: { job_id: string } }
    assert.ok(answer.ok, JSON.stringify(told))
    return told.data
  }
  try {
    const one = { type: 'oneshot', subtype: 'ml-llm', proj_id: project }
    await post('/account/system', { id: randomUUID(), name: 'System' })
    await post('/account/virtual-lab', { id: lab, name: 'Lab', balance: 100 })
    await post('/account/project', { id: project, name: 'Cells', vlab_id: lab })
    await post('/budget/assign', { vlab_id: lab, proj_id: project, amount: 50 })
    const price = { service_type: 'oneshot', service_subtype: 'ml-llm', valid_from: 0, valid_to: null, vlab_id: null }
    await post('/price', { ...price, fixed_cost: '0.5', multiplier: '0.01' })
    const { job_id } = await post('/reservation/oneshot', { ...one, user_id: randomUUID(), name: '=n', count: 500 })
    await post('/usage/oneshot', { ...one, job_id, count: 387, timestamp: at })
    await post('/usage/oneshot', { ...one, job_id: randomUUID(), count: 1, timestamp: at })
    return job_id
  } finally {
    running.child.kill('SIGINT')
    await running.ended
  }
}

const said = async (...words: string[]) => {
  const { code, out, err } = await bursar(['jobs', ...words], environment)
  assert.equal(code, 0, err)
  return out
}

test('report lists the newest jobs and what they come to, by the name or the id of a project, a lab, the site', async () => {
  const out = await said('report', '--project', 'Cells')
  assert.match(out, /ml-llm\s+=n\s+4\.37/)
  assert.match(out, /total\s+1\s+4\.37/)
  assert.match(out, /Next: bursar jobs show/)
  for (const whose of [['--project', `prj_${project.replaceAll('-', '')}`], []]) {
    const { jobs, amount } = await answerOf<{ jobs: number; amount: string }>(['jobs', 'report', ...whose], environment)
    assert.deepEqual([jobs, amount], [1, '4.37'])
  }
  assert.match(await said('report', '--from', '2026-11-02', '--project', project), /No job has finished there/)
  assert.match(
    await said('report', '--lab', lab, '--to', '2026-11-02', '--csv'),
    new RegExp(`^job_id,.*\r\n${job},.*,'=n,.*\r\n$`, 's'),
  )
})

test('show says why a job cost what it did; problems what could not be charged', async () => {
  const out = await said('show', job)
  assert.match(out, /oneshot ml-llm \(=n\): finished, 4\.37/)
  assert.match(out, /0\.5 \+ 0\.01 × 387 = 4\.37 \(price \d+\)/)
  assert.match(out, /set_\d+\s+res_\d+\s+4\.37/)
  assert.match(out, /Next: bursar explain set_\d+/)
  const shown = await answerOf<{ id: string; amount: string }>(['jobs', 'show', job], environment)
  assert.deepEqual([shown.id, shown.amount], [job, '4.37'])
  assert.match(await said('problems'), /unknown job[\s\S]*"count":1[\s\S]*1 in all/)
  assert.match(await said('problems', '--job', job), /No usage was kept that could not be charged/)
})

test('wrong wishes are refused with a remedy', async () => {
  const wrong: readonly (readonly [words: string[], code: number, said: RegExp])[] = [
    [['report', '--project', 'Nobody'], 1, /There is no project “Nobody”/],
    [['report', '--project', lab], 1, /Project not found/],
    [['report', '--project', 'x', '--lab', 'y'], 2, /are two reports/],
    [['report', '--lab', 'y'], 1, /path\.vlab_id: Input should be a valid UUID/],
    [['report', '--from', 'soon'], 2, /--from soon is no date/],
    [['report', '--from', '2026-11-02', '--to', '2026-11-02'], 2, /--from is not before --to/],
    [['report', '--lab', ''], 2, /--lab is blank/],
    [['report', '--csv', '--json'], 2, /--csv and --json are two answers/],
    [['show', ''], 2, /is no id of a job/],
    [['show', 'nosuch'], 2, /“nosuch” is no id of a job\.\nOne looks like f81d4fae-.* bursar jobs report lists them/],
    [['problems', '--job', 'nosuch'], 2, /“nosuch” is no id of a job/],
    [['report', '--limit', '-1'], 2, /is no count/],
    [['show', lab], 1, /The specified job cannot be found/],
    [['problems', '--limit', '0'], 2, /is no count/],
  ]
  for (const [words, code, message] of wrong) {
    const answer = await bursar(['jobs', ...words], environment)
    assert.match(answer.err, message)
    assert.equal(answer.code, code)
  }
})

test('a report counts each job once, also when others finish while it is read', async () => {
  // 12,000 jobs, of which 11,000 started within one second; with each answer there is one more, which started last.
  const second = (of: number) => new Date(Date.UTC(2026, 10, 1) - of * 1000).toISOString().replace('.000', '')
  const jobs = Array.from({ length: 12_000 }, (_, n) => ({ n, started_at: second(n < 500 ? 0 : n < 11_500 ? 1 : n) }))
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams
    const [page, size] = [Number(query.get('page')), Number(query.get('page_size'))]
    const end = Date.parse(query.get('started_before') ?? '2030-01-01')
    const listed = jobs.filter(({ started_at: started }) => Date.parse(started) < end)
    const items = listed
      .slice((page - 1) * size, page * size)
      .map(({ n, ...job }) => ({ ...job, job_id: String(n), type: 'oneshot', subtype: 'x', amount: '1' }))
    jobs.unshift({ n: jobs.length, started_at: second(-1) })
    const meta = { total_items: listed.length, total_pages: Math.ceil(listed.length / size) }
    response.end(JSON.stringify({ data: { items, meta } }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const there = { BURSAR_URL: `http://127.0.0.1:${port}`, BURSAR_KEY: 'bsr_x' }
  const { jobs: counted, amount } = await answerOf<{ jobs: number; amount: string }>(['jobs', 'report'], there)
  server.close()
  assert.deepEqual([counted, amount], [12_000, '12000'])
})
