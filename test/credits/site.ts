import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { newKey } from '../../src/access/testing.ts'
import { listen } from '../../src/app.ts'
import { importSheet, setBook } from '../../src/charging/testing.ts'
import { rows } from '../../src/database/reader.ts'
import { openLog } from '../../src/http/log.ts'
import type { House } from '../../src/operations/house.ts'
import { freshHouse } from '../../src/operations/testing.ts'
import { readSettings } from '../../src/settings.ts'
import { idOf } from '../../src/values/id.ts'

/** What a door answers; members are as the test says that they are. */
export type Told = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: {
    id: string
    state: string
    held: string
    available: string
    type: string
    detail: string
    left: string
    items: Record<string, string>[]
    issues: { field: string; message: string }[]
    [member: string]: unknown
  }
}

export type Site = {
  readonly house: House
  readonly url: string
  readonly databaseUrl: string
  /** Of an administrator. */
  readonly key: string
  readonly ids: Readonly<Record<'sci' | 'art' | 'chem' | 'bio' | 'dance' | 'anna', string>>
  /** Under a key of its own, where none is given. */
  ask(method: string, path: string, body?: object, more?: Readonly<Record<string, string>>): Promise<Told>
  close(): Promise<void>
}

const sheet = `organisation,tier,project,payment,person
sci,default,chem,prepaid,anna
sci,,bio,postpaid,
art,default,dance,prepaid,
`

const prices = `prices:
  - { service: desk, component: cpu, from: 2020-01-01, currency: CREDIT, quantity: "cpu_core_seconds", flat: { price: 1, per: 3600 } }
  - { service: slurm, component: cpu, from: 2020-01-01, currency: CREDIT, quantity: "cpu_core_seconds", flat: { price: 1, per: 3600 } }
`

/** A real server on an empty database with two organisations, three projects and a person. */
export async function newSite(settings: Record<string, string> = {}): Promise<Site> {
  const fresh = await freshHouse()
  const { house } = fresh
  await importSheet(house, sheet)
  await setBook(house, prices)
  const server = await listen(house, readSettings({ BURSAR_PORT: '0', ...settings }), openLog('silent'))
  const key = await newKey(house)
  const found = await rows<{ name: string; id: string; kind: 'organisation' | 'project' | 'person' }>(
    house.database.pool,
    `select name, id, 'organisation' as kind from parties.organisations union all
     select name, id, 'project' from parties.projects union all select name, id, 'person' from parties.people`,
  )
  return {
    house,
    url: server.url,
    databaseUrl: fresh.url,
    key,
    ids: Object.fromEntries(found.map(({ name, id, kind }) => [name, idOf(kind, id)])) as unknown as Site['ids'],
    ask: async (method, path, body, more = {}) => {
      const headers = {
        authorization: `Bearer ${key}`,
        ...(method !== 'GET' && { 'idempotency-key': randomUUID() }),
        ...(body && { 'content-type': 'application/json' }),
        ...more,
      }
      const sent = { method, headers, ...(body && { body: JSON.stringify(body) }) }
      let answer = await fetch(`${server.url}/api/v1${path}`, sent)
      // As clients do: where more was asked than a busy machine answers, nothing was changed, and they ask again.
      for (let again = 0; answer.status === 503 && again < 100; again++) {
        await sleep(50)
        answer = await fetch(`${server.url}/api/v1${path}`, sent)
      }
      const text = await answer.text()
      return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) as Told['body'] }
    },
    close: async () => {
      await server.close()
      await fresh.drop()
    },
  }
}
