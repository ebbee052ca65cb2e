import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openPool } from '../database/pool.ts'
import { noting } from '../database/transaction.ts'
import type { House } from '../operations/house.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { runDue, taskStates } from './commands.ts'
import * as sql from './sql.ts'
import { retrySeconds, type Task } from './task.ts'
import { startTasks } from './tasks.ts'

let fresh: FreshHouse
let second: House
before(async () => {
  fresh = await freshHouse()
  second = { ...fresh.house, database: { ...fresh.database, pool: openPool(fresh.url, 4) } }
})
after(async () => {
  await second.database.pool.end()
  await fresh.drop()
})

const stateOf = async (name: string) => {
  const state = (await taskStates(fresh.house)).find((task) => task.name === name)
  assert(state)
  return state
}

test('of two processes at once one runs a task that is due, and nobody before it is due again', async () => {
  let runs = 0
  const task: Task = { name: 'once', everySeconds: 3600, run: async () => void (runs += 1) }
  const turns = Array.from({ length: 10 }, (_, index) =>
    runDue(index % 2 ? fresh.house : second, [task], `holder ${index}`),
  )
  const ran = (await Promise.all(turns)).flat()
  assert.equal(runs, 1)
  assert.deepEqual(ran, [{ name: 'once', failure: undefined }])
  assert.deepEqual(await runDue(second, [task], 'later'), [])
  const { runs: counted, holder, failure } = await stateOf('once')
  assert.deepEqual({ counted, holder, failure }, { counted: 1, holder: null, failure: null })
})

test('the lease of a holder that died is taken over after it runs out, and not before', async () => {
  let runs = 0
  const task: Task = { name: 'orphan', everySeconds: 3600, run: async () => void (runs += 1) }
  await noting(fresh.database, async (client) => {
    await sql.register(client, ['orphan'])
    await sql.lease(client, 'orphan', 'the dead', 0.2)
  })
  await runDue(second, [task], 'the heir')
  assert.equal(runs, 0)
  while (runs === 0) {
    await runDue(second, [task], 'the heir')
    await sleep(20)
  }
  assert.equal((await stateOf('orphan')).runs, 1)
})

test('a lease is renewed while the task runs, and its loss is told to whoever held it', async () => {
  let taken = (): void => {}
  const isTaken = new Promise<void>((resolve) => (taken = resolve))
  let reason: unknown
  const task: Task = {
    name: 'long',
    everySeconds: 3600,
    leaseSeconds: 0.3,
    run: async ({ signal, progress }) => {
      await progress('half')
      assert.equal((await stateOf('long')).progress, 'half')
      await sleep(700)
      assert.equal(signal.aborted, false)
      taken()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      reason = signal.reason
    },
  }
  const turn = runDue(fresh.house, [task], 'first')
  await isTaken
  const others = { ...task, run: async () => {} }
  assert.deepEqual(await runDue(second, [others], 'second'), [])
  await noting(fresh.database, (client) => client.query(`update tasks.tasks set holder = 'second' where name = 'long'`))
  await turn
  assert.match(String(reason), /another took task long over/)
  assert.equal((await stateOf('long')).holder, 'second')
})

test('a task that fails says why, and comes back ever later', async () => {
  const task: Task = {
    name: 'broken',
    everySeconds: 60,
    run: () => Promise.reject(new Error('no such file')),
  }
  const [ran] = await runDue(fresh.house, [task], 'holder')
  assert.equal(ran?.failure?.message, 'no such file')
  const { failure, failures, dueAt, finishedAt, holder } = await stateOf('broken')
  assert.deepEqual({ failure, failures, holder }, { failure: 'no such file', failures: 1, holder: null })
  assert(dueAt.getTime() > (finishedAt?.getTime() ?? 0))
  assert.deepEqual(
    [1, 2, 3, 7, 8, 99].map((count) => retrySeconds(task, count)),
    [1, 2, 4, 60, 60, 60],
  )
})

test('the loop runs what falls due until it is stopped, and waits for what runs', async () => {
  const seen: string[] = []
  let started = (): void => {}
  const isStarted = new Promise<void>((resolve) => (started = resolve))
  const tasks: Task[] = [
    {
      name: 'waits',
      everySeconds: 3600,
      run: async ({ signal }) => {
        started()
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        seen.push('stopped')
      },
    },
  ]
  const loop = startTasks(fresh.house, tasks, ({ name }) => seen.push(name))
  await isStarted
  await loop.stop()
  assert.deepEqual(seen, ['stopped', 'waits'])
})
