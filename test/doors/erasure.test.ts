import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { proveBooks } from '../../src/proof/commands.ts'
import { newSite, type Site } from '../credits/site.ts'
import { tablesWith } from '../tables-with.ts'

let site: Site
before(async () => {
  site = await newSite()
})
after(() => site.close())

const ask = (...asked: Parameters<Site['ask']>) => site.ask(...asked)

async function use(source: string, person: string, id: string): Promise<void> {
  const [startsAt, endsAt] = ['2026-11-01T08:00:00Z', '2026-11-01T09:00:00Z']
  const usage = {
    id,
    source,
    person,
    project: 'bio',
    service: 'slurm',
    startsAt,
    endsAt,
    quantities: { cpu_core_seconds: '3600' },
  }
  const { body, text } = await ask('POST', '/usage', usage)
  assert.equal(body.items[0]?.['outcome'], 'recorded', text)
}

async function newPerson(name: string): Promise<string> {
  const { status, body, text } = await ask('POST', '/people', { name })
  assert.equal(status, 201, text)
  return body.id
}

const link = (person: string, source: string, name: string) => ask('POST', `/people/${person}/names`, { source, name })

/** Tables that still hold the word, of all there are. */
const traces = (word: string): Promise<string[]> => tablesWith(site.house.database.pool, word)

test('400: a name is linked with the source that usage comes by, not with what its sender calls itself', async () => {
  const person = await newPerson('Berta')
  const { status, body } = await link(person, 'cl', 'berta1')
  assert.equal(status, 400)
  assert.equal(body.issues[0]?.field, 'body.source')
  assert.match(body.issues[0]?.message ?? '', /write api:cl for usage that is sent as “cl”/)
})

test('200: who is erased is erased under a name of usage too, also from before it was linked', async () => {
  const person = await newPerson('Carol')
  await use('cl', 'carol1', 'early')
  assert.equal((await link(person, 'api:cl', 'carol1')).status, 200)
  await use('cl', 'carol1', 'later')
  const tried = await ask('DELETE', `/people/${person}?dryRun=true`)
  assert.deepEqual([tried.body['records'], tried.body['names']], [2, ['Carol', 'carol1']])
  const erased = await ask('DELETE', `/people/${person}`)
  assert.deepEqual([erased.status, erased.body['records']], [200, 2])
  assert.deepEqual(await traces('carol1'), [])
  assert.deepEqual(await traces('Carol'), [])
})

test('200: who is called the same at another source is somebody else, and stays', async () => {
  const person = await newPerson('Dora')
  await use('cl', 'dora1', 'here')
  await use('elsewhere', 'dora1', 'there')
  await link(person, 'api:cl', 'dora1')
  const erased = await ask('DELETE', `/people/${person}`)
  assert.deepEqual([erased.status, erased.body['records']], [200, 1])
  const { pool } = site.house.database
  const { rows } = await pool.query<{ external_id: string }>(
    `select external_id from metering.records where raw like '%dora1%'`,
  )
  assert.deepEqual(rows, [{ external_id: 'there' }])
})

test('the books are proved after all of it', async () => {
  const faults: string[] = []
  for await (const { ok, name, detail } of proveBooks(site.house)) if (!ok) faults.push(`${name}: ${detail}`)
  assert.deepEqual(faults, [])
})
