import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { openPool } from '../database/pool.ts'
import { row, rows } from '../database/reader.ts'
import { execute, type Writer } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import { alone, aloneStored, nothing } from './alone.ts'
import type { House } from './house.ts'
import { type FreshHouse, freshHouse } from './testing.ts'

let fresh: FreshHouse
let second: House
before(async () => {
  fresh = await freshHouse()
  // As another process would have it: a pool of its own.
  second = { ...fresh.house, database: { ...fresh.database, pool: openPool(fresh.url, 10) } }
})
after(async () => {
  await second.database.pool.end()
  await fresh.drop()
})

const call = (key: string, input: unknown = {}) => ({ principal: 'tester', key, command: 'test', input })
const isProblem = (type: string) => (error: unknown) => error instanceof Problem && error.type === type

/** Something to see whether work had its effect, and how often. */
const leaveMark = (writer: Writer, name: string) =>
  execute(writer, `insert into tasks.tasks (name, due_at) values ($1, now())`, [`${name} ${writer.operation}`])

const marks = async (name: string) =>
  (await rows(fresh.database.pool, `select from tasks.tasks where name like $1`, [`${name} %`])).length

const operationsOf = async (key: string) =>
  (await rows(fresh.database.pool, `select from operations.operations where idempotency_key = $1`, [key])).length

const pidOf = async (writer: Writer) => (await row<{ pid: number }>(writer, `select pg_backend_pid() as pid`))?.pid

test('a write outside an operation is refused by the database itself', async () => {
  await assert.rejects(fresh.database.pool.query('delete from operations.operations'), { code: '25006' })
  await assert.rejects(fresh.database.pool.query('delete from ledger.transfers'), { code: '25006' })
})

test('the same key and input again answer the same and run nothing', async () => {
  let runs = 0
  const work = async () => ({ runs: ++runs })
  assert.deepEqual(await alone(fresh.house, call('same', { b: 1, a: 2 }), work), { runs: 1 })
  assert.deepEqual(await alone(fresh.house, call('same', { a: 2, b: 1, c: undefined }), work), { runs: 1 })
  assert.equal(runs, 1)
})

test('the same key with another input, or for another command, is refused', async () => {
  await alone(fresh.house, call('other', 1), async () => 'first')
  const second = async () => 'second'
  await assert.rejects(alone(fresh.house, call('other', 2), second), isProblem('idempotency-key-reused'))
  const otherCommand = { ...call('other', 1), command: 'else' }
  await assert.rejects(alone(fresh.house, otherCommand, second), isProblem('idempotency-key-reused'))
  assert.equal(await alone(fresh.house, { ...call('other', 2), principal: 'somebody' }, second), 'second')
})

test('two processes with one key at once have one effect, and both get the same bytes', async () => {
  let runs = 0
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) =>
      aloneStored(index % 2 ? fresh.house : second, { ...call('race'), status: 201 }, async (writer) => {
        runs += 1
        await leaveMark(writer, 'race')
        return { by: index, random: Math.random() }
      }),
    ),
  )
  assert.equal(runs, 1)
  assert.equal(await marks('race'), 1)
  assert.equal(new Set(answers.map((answer) => answer?.answer)).size, 1)
  assert.deepEqual([...new Set(answers.map((answer) => answer?.status))], [201])
  assert.equal(answers.filter((answer) => answer?.again === false).length, 1)
})

test('a refusal rolls everything back, is not stored, and is decided anew', async () => {
  const refused = alone(fresh.house, call('refused'), async (writer) => {
    await leaveMark(writer, 'refused')
    throw new Problem('not-found')
  })
  await assert.rejects(refused, isProblem('not-found'))
  assert.equal((await operationsOf('refused')) + (await marks('refused')), 0)
  assert.equal(await alone(fresh.house, call('refused'), async () => 'now'), 'now')
})

test('work that has nothing to do leaves no operation', async () => {
  const answer: undefined = await alone(fresh.house, call('idle'), async () => nothing)
  assert.equal(answer, undefined)
  assert.equal(await operationsOf('idle'), 0)
})

test('a deadlock is run again until both are through', async () => {
  await alone(fresh.house, call('two rows'), async (writer) => {
    await execute(writer, `insert into tasks.tasks (name, due_at) values ('left', now()), ('right', now())`)
  })
  let met = 0
  let bothMet = (): void => {}
  const both = new Promise<void>((resolve) => (bothMet = resolve))
  const crossing = (house: House, key: string, order: readonly string[]) =>
    alone(house, call(key), async (writer) => {
      const touch = (name?: string) => execute(writer, `update tasks.tasks set runs = runs + 1 where name = $1`, [name])
      await touch(order[0])
      met += 1
      if (met === 2) bothMet()
      await both
      await touch(order[1])
      return key
    })
  const answers = await Promise.all([
    crossing(fresh.house, 'l', ['left', 'right']),
    crossing(second, 'r', ['right', 'left']),
  ])
  assert.deepEqual(answers, ['l', 'r'])
  assert(met >= 3, 'one of them ran twice')
  assert.deepEqual(await rows(fresh.database.pool, `select runs from tasks.tasks where name in ('left', 'right')`), [
    { runs: '2' },
    { runs: '2' },
  ])
})

test('a connection that is lost before the commit leaves no trace, and the work runs again', async () => {
  let runs = 0
  const answer = await alone(fresh.house, call('lost early'), async (writer) => {
    runs += 1
    await leaveMark(writer, 'lost early')
    if (runs === 1) await second.database.pool.query(`select pg_terminate_backend($1)`, [await pidOf(writer)])
    await leaveMark(writer, 'lost early late')
    return runs
  })
  assert.equal(answer, 2)
  assert.equal(await operationsOf('lost early'), 1)
})

/** A house whose connections are cut at their commit: before the server hears it, or before its answer comes back. */
function cuttingHouse(when: 'before' | 'after', cuts: number): House {
  let left = cuts
  const { pool } = second.database
  const connect = async () => {
    const client = await pool.connect()
    const query = client.query.bind(client) as (config: unknown, values?: unknown) => Promise<unknown>
    const cut = async (config: unknown, values?: unknown): Promise<unknown> => {
      if (config !== 'commit' || left === 0) return query(config, values)
      left -= 1
      if (when === 'after') await query(config)
      const { rows: found } = (await query('select pg_backend_pid() as pid')) as { rows: { pid: number }[] }
      await fresh.database.pool.query(`select pg_terminate_backend($1)`, [found[0]?.pid])
      return query('commit')
    }
    // A pooled client is used again: its own query comes back with its release.
    const release = client.release.bind(client)
    return Object.assign(client, {
      query: cut,
      release: (error?: Error) => {
        Object.assign(client, { query, release })
        release(error)
      },
    })
  }
  const proxy = new Proxy(pool, {
    get: (target, name) => (name === 'connect' ? connect : Reflect.get(target, name)),
  })
  return { ...second, database: { ...second.database, pool: proxy } }
}

test('a connection that is lost at the commit: what was committed is answered and not done again', async () => {
  let runs = 0
  const answer = await alone(cuttingHouse('after', 1), call('after'), async (writer) => {
    runs += 1
    await leaveMark(writer, 'after')
    return runs
  })
  assert.deepEqual({ answer, runs, marks: await marks('after') }, { answer: 1, runs: 1, marks: 1 })
})

test('a connection that is lost at the commit: what was not committed is done again', async () => {
  let runs = 0
  const answer = await alone(cuttingHouse('before', 2), call('before'), async (writer) => {
    runs += 1
    await leaveMark(writer, 'before')
    return runs
  })
  assert.deepEqual({ answer, runs, marks: await marks('before') }, { answer: 3, runs: 3, marks: 1 })
})

test('when the database cannot be asked what became of the commit, that is said, and the key tells later', async () => {
  const cutting = cuttingHouse('after', 1)
  let first = true
  const pool = new Proxy(cutting.database.pool, {
    get: (target, name) => {
      if (name !== 'connect' || first) {
        if (name === 'connect') first = false
        return Reflect.get(target, name) as unknown
      }
      return () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    },
  })
  const away: House = { ...cutting, database: { ...cutting.database, pool } }
  await assert.rejects(
    alone(away, call('away'), async () => 'done'),
    isProblem('outcome-unknown'),
  )
  assert.equal(await alone(fresh.house, call('away'), async () => 'again'), 'done')
})

test('without a database nothing is done, and that is said', async () => {
  const pool = openPool('postgresql://x@localhost/x?host=/nowhere', 1)
  const nowhere = { ...fresh.house, database: { ...fresh.database, pool } }
  await assert.rejects(
    alone(nowhere, call('nowhere'), async () => 1),
    isProblem('database-unavailable'),
  )
  await pool.end()
})
