import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { rows } from '../database/reader.ts'
import { openMetrics } from '../http/metrics.ts'
import { openDoors } from '../http/testing.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { alone } from '../operations/alone.ts'
import { Directory } from '../parties/directory-commands.ts'
import { idOf } from '../values/id.ts'
import { Credits } from './commands.ts'
import { countLane, laneFigures } from './lane-counts.ts'
import { addCreditRoutes } from './routes.ts'
import { creditTasks } from './tasks.ts'

let fresh: FreshHouse
const person = randomUUID()
before(async () => {
  fresh = await freshHouse()
  await alone(fresh.house, { principal: 'tester', key: 'person', command: 'test', input: null }, async (writer) => {
    await writer.query({ text: `insert into parties.people values ('${person}', 'anna', null, 'import')` })
  })
})
after(() => fresh.drop())

const payer = idOf('person', person)
const me = () => ({ 'idempotency-key': randomUUID() })
const grantOf = (amount: string, expiresAt?: string) => ({
  payer,
  amount,
  origin: 'gift',
  ...(expiresAt && { expiresAt }),
})

test('503: what is more than the lane takes is refused, changes nothing, and says when to come again', async () => {
  const credits = new Credits(fresh.house, { queueMax: 0 })
  const doors = await openDoors((server) => addCreditRoutes(server, credits, new Directory(fresh.house, 'site')))
  const told = await doors.ask('POST', '/api/v1/grants', grantOf('1'), me())
  assert.deepEqual([told.status, told.headers.get('retry-after')], [503, '1'])
  const metrics = openMetrics('1', laneFigures(credits), () => {})
  assert.match((await metrics.text()).body, /^# TYPE bursar_lane_refused_total counter\nbursar_lane_refused_total 1$/m)
  await doors.close()
  await credits.lane.close()
})

test('credits past their date are gone where they are shown, and the task ends them', async () => {
  const credits = new Credits(fresh.house)
  const metrics = openMetrics('1', [], () => {})
  countLane(metrics, credits)
  const doors = await openDoors((server) => addCreditRoutes(server, credits, new Directory(fresh.house, 'site')))
  const at = Date.now() + 1_000
  await doors.ask('POST', '/api/v1/grants', grantOf('2'), me())
  await doors.ask('POST', '/api/v1/grants', grantOf('3', new Date(at).toISOString()), me())
  await sleep(at - Date.now() + 20)
  const shown = async () => {
    const { body } = await doors.ask('GET', `/api/v1/wallets?payer=${payer}`)
    const [wallet] = (body as { items: { posted: string; available: string; lots: unknown[] }[] }).items
    return [wallet?.posted, wallet?.available, wallet?.lots.length]
  }
  const stored = async () =>
    (await rows<{ posted: string }>(fresh.database.pool, `select trim_scale(posted) as posted from ledger.wallets`))[0]
      ?.posted
  assert.deepEqual([await shown(), await stored()], [['2', '2', 0], '5'])
  const [task] = creditTasks(credits)
  await task?.run({ signal: new AbortController().signal, progress: async () => {} })
  assert.deepEqual([await shown(), await stored()], [['2', '2', 0], '2'])
  const { body } = await metrics.text()
  assert.match(body, /bursar_credits_moved_total\{reason="grant",currency="CREDIT"\} 5/)
  assert.match(body, /bursar_credits_moved_total\{reason="expire",currency="CREDIT"\} 3/)
  assert.match(body, /bursar_lane_batch_operations_count [1-9]/)
  await doors.close()
  await credits.lane.close()
})
