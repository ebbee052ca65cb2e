import { strict as assert } from 'node:assert'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { newKey } from '../../src/access/testing.ts'
import { importSheet } from '../../src/charging/testing.ts'
import { rows } from '../../src/database/reader.ts'
import { begin, type Running } from '../bursar.ts'
import type { Bound } from './crowd.ts'
import { asTester, currency, LaneSite, one } from './lane-site.ts'

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

type Asked = { readonly url: string; readonly key: string; readonly idempotencyKey: string; readonly body: string }

const post = ({ url, key, idempotencyKey, body }: Asked): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    }
    const asked = request(`${url}/api/v1/reservations`, { method: 'POST', agent, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })

/** Who is told that too much is asked comes again with the same key, as the guide says. */
async function answered(asked: Asked): Promise<string> {
  for (;;) {
    const { status, text } = await post(asked)
    if (status === 201) return 'held'
    const { type } = JSON.parse(text) as { type: string }
    if (status !== 503) return type.replace(/^.*\//, '')
    await sleep(20)
  }
}

/** So many holds of 0.10 at once on 5.00, at the doors of so many servers: exactly fifty succeed. */
export async function crowdAtDoors(holds: number, servers: number, bound: Bound): Promise<string> {
  const site = await LaneSite.open()
  const running: Running[] = []
  try {
    const key = await prepare(site, bound)
    const environment = { BURSAR_DATA: site.where.data, DATABASE_URL: site.where.url ?? '' }
    for (let number = 0; number < servers; number++) {
      running.push(begin(['serve', '--port', '0', '--json'], environment))
    }
    const urls = await Promise.all(
      running.map(async (server) => (JSON.parse(`{${await server.said(/"url":"[^"]+"/)}}`) as { url: string }).url),
    )
    const body = JSON.stringify({ project: 'crowd', service: 'proof', amount: '0.1', minutes: 10 })
    const all = Array.from({ length: holds }, (_, number) =>
      answered({ url: urls[number % servers] ?? '', key, idempotencyKey: `crowd ${number}`, body }),
    )
    const told = await Promise.all(all)
    const refusal = bound === 'wallet' ? 'insufficient-credits' : 'budget-exhausted'
    assert.equal(told.filter((each) => each === 'held').length, 50)
    assert.equal(told.filter((each) => each === refusal).length, holds - 50, [...new Set(told)].join())
    for (const server of running) {
      server.child.kill('SIGTERM')
      const { code, err } = await server.ended
      assert.equal(code, 0, err)
    }
    await site.verify()
    return `of ${holds} holds of 0.10 at ${servers} doors on a ${bound} of 5.00, 50 succeed`
  } finally {
    for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL')
    await site.remove()
  }
}

/** A project with credits, perhaps below a budget, and a key for whoever asks. */
const prepare = (site: LaneSite, bound: Bound): Promise<string> =>
  site.at(async ({ house, credits }) => {
    await importSheet(house, 'organisation,tier,project,payment\nmany,default,crowd,prepaid\n')
    const [project] = await rows<{ id: string; organisation: string }>(
      house.database.pool,
      `select id, organisation from parties.projects where name = 'crowd'`,
    )
    assert(project)
    const nanos = bound === 'wallet' ? 5n * one : 5_000n * one
    await credits.grant(asTester(), { owner: project.id, currency, nanos, origin: 'gift', expiresAt: null })
    if (bound === 'budget') {
      await credits.budget(asTester(), { owner: project.organisation, currency, span: 'total', nanos: 5n * one })
    }
    return await newKey(house)
  })
