import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { Counter } from '../../charging/counter-commands.ts'
import { Credits } from '../../credits/commands.ts'
import { createSystem, deleteAccount, enableAccount, openAccount } from '../../jobs/account/commands.ts'
import type { JobEvent } from '../../jobs/job/course.ts'
import type { Reserved } from '../../jobs/job/job.ts'
import { addDiscount, addPrice } from '../../jobs/price/change-commands.ts'
import { type JobParts, newJobParts } from '../../jobs/parts-commands.ts'
import type { House } from '../../operations/house.ts'
import { Directory } from '../../parties/directory-commands.ts'

const one = 1_000_000_000n
const me = () => ({ principal: 'tester', key: randomUUID() })
const now = Math.floor(Date.now() / 1000)

type Of = { readonly project: string; readonly vlab: string }
type Told = Partial<JobEvent> & Pick<JobEvent, 'kind'> & { readonly ago: number }

/** Accounts, and jobs of every kind that went in every way. */
export async function runJobs(house: House): Promise<void> {
  const credits = new Credits(house, { waitMaxMilliseconds: 60_000 })
  const parts = newJobParts(new Counter(credits), new Directory(house, 'site'), 'CREDIT')
  try {
    const of = await openAccounts(parts)
    await setPrices(parts, of.vlab)
    await runLongruns(parts, of)
    await runOneshots(parts, of)
    await store(parts, of)
  } finally {
    await credits.lane.close()
  }
}

async function openAccounts(parts: JobParts): Promise<Of> {
  await createSystem(parts, me(), randomUUID(), 'system')
  const account = { openedWith: 0n, parent: null }
  const [vlab, project, gone, closed] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  await openAccount(parts, me(), { ...account, id: vlab, kind: 'virtual-lab', name: 'proved', openedWith: 50n * one })
  for (const id of [project, gone, closed]) {
    await openAccount(parts, me(), { ...account, id, kind: 'project', name: `of ${id}`, parent: vlab })
  }
  await deleteAccount(parts, me(), { id: gone, kind: 'project' })
  for (const enabled of [false, true, false]) {
    await enableAccount(parts, me(), { id: closed, kind: 'project' }, enabled)
  }
  await parts.counter.credits.move(me(), { from: vlab, to: project, currency: 'CREDIT', nanos: 20n * one })
  return { project, vlab }
}

async function setPrices({ house, prices }: JobParts, vlab: string): Promise<void> {
  const free = { digits: 0n, places: 0 }
  const tiers = [{ min_quantity: 0n, max_quantity: null, fixed_cost: free, multiplier: { digits: 1n, places: 3 } }]
  const span = { valid_from: 0n, valid_to: null }
  const call = (command: string) => ({ ...me(), command, input: null })
  for (const service_type of ['longrun', 'oneshot', 'storage'] as const) {
    const subtype = service_type === 'storage' ? 'storage' : 'notebook'
    const given = { service_type, service_subtype: subtype, vlab_id: vlab, tiers, ...span }
    await addPrice({ house, prices }, call('jobs.price'), given)
  }
  const share = { digits: 25n, places: 2 }
  await addDiscount({ house, prices }, call('jobs.discount'), { vlab_id: vlab, discount: share, ...span })
}

const nothing: Reserved = { count: null, duration: null, instances: null, instanceType: null }

async function reserve({ desk }: JobParts, of: Of, type: 'oneshot' | 'longrun', reserved: Partial<Reserved>) {
  const book = await desk.prices.book()
  const price = book.priceFor(type, 'notebook', of.vlab, Date.now())
  assert(price)
  const id = randomUUID()
  await desk.reserve(me(), {
    ...of,
    id,
    type,
    subtype: 'notebook',
    user: randomUUID(),
    group: randomUUID(),
    name: 'a job',
    reservedNanos: one / 10n,
    reserved: { ...nothing, ...reserved },
    price: price.id,
    discount: book.discountOf(of.vlab, Date.now())?.id ?? null,
  })
  return id
}

async function tell({ desk }: JobParts, { project }: Of, job: string, events: readonly Told[]): Promise<void> {
  for (const { ago, ...more } of events) {
    const event: JobEvent = { at: now - ago, instances: null, count: null, ...more }
    const type = event.kind === 'oneshot' ? 'oneshot' : 'longrun'
    const said = JSON.stringify({ job, kind: event.kind, ago })
    await desk.use(me(), { job, project, type, subtype: 'notebook', name: null, event, said })
  }
}

async function runLongruns(parts: JobParts, of: Of): Promise<void> {
  const extent = { duration: 100n, instances: 2n, instanceType: 'small' }
  const longrun = () => reserve(parts, of, 'longrun', extent)
  const started = { kind: 'started', ago: 9000, instances: 1n } as const
  // Longer than was reserved, and charged back to its end, which is told late.
  const late = await longrun()
  await tell(parts, of, late, [started, { kind: 'running', ago: 8000, instances: 3n }, { kind: 'finished', ago: 8500 }])
  for (const kind of ['running', 'finished'] as const) {
    const silent = await longrun()
    await tell(parts, of, silent, [started, { kind: 'running', ago: 8800 }])
    await parts.desk.expire(silent)
    if (kind === 'running') await tell(parts, of, silent, [{ kind, ago: 100 }])
  }
  for (const again of [true, false]) {
    const released = await longrun()
    await parts.desk.release(me(), released, 'longrun')
    if (again) await tell(parts, of, released, [started, { kind: 'finished', ago: 8700 }])
  }
  await tell(parts, of, await longrun(), [started])
  for (const problem of ['one', 'other', 'third'])
    await tell(parts, of, randomUUID(), [{ kind: 'started', ago: problem.length }])
}

async function runOneshots(parts: JobParts, of: Of): Promise<void> {
  for (const count of [50n, 500n, 0n]) {
    const job = await reserve(parts, of, 'oneshot', { count: 100n })
    await tell(parts, of, job, [{ kind: 'oneshot', ago: Number(count) + 1, count }])
    await tell(parts, of, job, [{ kind: 'oneshot', ago: 1000, count: count + 1n }])
  }
  await reserve(parts, of, 'oneshot', { count: 100n })
}

async function store({ storage }: JobParts, of: Of): Promise<void> {
  for (const [ago, size] of [
    [900, 3n],
    [600, 5n],
    [600, 6n],
    [750, 1n],
  ] as const) {
    await storage.store(me(), { ...of, subtype: 'storage', at: now - ago, size, said: `${ago} ${size}` })
    await storage.charge(of, now - 10)
  }
}
