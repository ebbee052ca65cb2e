import { Refusal } from '../values/refusal.ts'
import { remembered } from './cache.ts'
import { Fold } from './fold.ts'
import { factOf, type Job } from './job.ts'
import { narrow } from './memory.ts'
import { expandNodes } from './nodes.ts'
import { rereadOf, type Tray } from './page.ts'
import { count, isLoose, list, type Loose, microseconds, moment, part, text } from './shape.ts'
import type { Slice } from './slice.ts'
import { isWaiting, stateOf, stateOfList } from './state.ts'
import { type Allocation, allocationOf, countOf, type Entry, namedTwice, neverRan } from './tres.ts'

const nodeLists = remembered(expandNodes, 1000)
const allocations = remembered((key: string): Allocation | string => {
  const entries = (JSON.parse(key) as TresKey[]).map(entryOf)
  const twice = namedTwice(entries)
  return twice === undefined ? allocationOf(entries) : `names ${twice} twice`
})

/** Nothing was found: an error for Slurm, an empty answer for everybody else. */
const nothingFound = 9003

/** Reads the objects of `sacct --json` and slurmrestd; allocated quantities and identity are those of the text. */
export class JsonReader {
  readonly #tray: Tray
  readonly #fold = new Fold()
  #jobs = 0

  constructor(tray: Tray) {
    this.#tray = tray
    tray.reread = rereadOf(tray.settings, { format: 'json' })
  }

  read({ kind, bytes, line }: Slice): void {
    const source = bytes.toString('utf8')
    if (kind === 'errors') return refuseErrors(JSON.parse(source))
    this.#jobs++
    this.#tray.jobs++
    if (source.includes('\uFFFD')) this.#tray.note(`job ${this.#jobs}: bytes that are no UTF-8 were replaced`)
    let value: unknown
    try {
      value = JSON.parse(source)
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'it cannot be read'
      return this.#tray.refuse(line, `job ${this.#jobs} is no JSON: ${reason}`, source)
    }
    this.#job(value as Loose, line)
  }

  #job(value: Loose, line: number): void {
    if ('job_state' in value && !('time' in value))
      throw new Refusal(
        'these are the jobs that the controller remembers (/slurm/…/jobs), not the accounting',
        'fetch /slurmdb/…/jobs, or run sacct --json',
      )
    const job = this.#read(value)
    if (job === undefined) {
      this.#tray.pending++
      return
    }
    const fact = typeof job === 'string' ? job : factOf(job, this.#tray.settings.measuredAt)
    if (typeof fact === 'string') this.#tray.refuse(line, fact, JSON.stringify(value), text(value['cluster']))
    else this.#tray.add(fact)
  }

  /** The job, why it cannot be read, or nothing when it waits for its start. */
  #read(value: Loose): Job | string | undefined {
    const current = part(value, 'state')['current']
    const state = Array.isArray(current) ? stateOfList(current.map(text)) : stateOf(text(current))
    if (state === undefined) return `state ${JSON.stringify(current)} is unknown`
    const id = count(value['job_id'])
    if (id === undefined) return 'it has no job_id'
    const time = part(value, 'time')
    const start = moment(time['start'])
    const elapsedSeconds = count(time['elapsed'])
    if (elapsedSeconds === undefined) return 'it has no time.elapsed'
    if (isWaiting(state)) {
      if (start !== undefined && elapsedSeconds > 0) this.#tray.noteRunaway(String(id))
      return undefined
    }
    const association = part(value, 'association')
    const cluster = text(value['cluster']) || text(association['cluster']) || (this.#tray.settings.cluster ?? '')
    if (cluster === '') return 'it has no cluster; say which: --cluster NAME'
    const allocation = allocatedOf(value, elapsedSeconds)
    if (typeof allocation === 'string') return `its tres ${allocation}`
    const used = this.#used(value, time)
    const account = text(value['account']) || text(association['account'])
    return {
      cluster,
      id: String(id),
      called: calledOf(value),
      account,
      payer: account,
      user: text(value['user']) || text(association['user']),
      partition: text(value['partition']),
      qos: text(value['qos']),
      state,
      exitCode: exitCodeOf(part(value, 'exit_code'), state),
      arrayJob: leader(part(value, 'array')),
      hetJob: leader(part(value, 'het')),
      nodes: nodeLists(text(value['nodes'])),
      restarts: count(value['restart_cnt'])?.toString(),
      limitSeconds: minutes(count(time['limit'])),
      submit: moment(time['submission']),
      eligible: moment(time['eligible']),
      start,
      end: moment(time['end']),
      elapsedSeconds,
      suspendedSeconds: count(time['suspended']) ?? 0,
      allocation,
      ...used,
      energy: allocation.energy,
      raw: rawOf(value),
    }
  }

  #used(value: Loose, time: Loose): Pick<Job, 'cpuUsed' | 'memoryUsed'> {
    const fold = this.#fold
    fold.reset()
    let cpu = 0
    for (const step of list(value['steps'])) {
      const stepTime = part(step, 'time')
      cpu += microseconds(part(stepTime, 'total'))
      const average = list(part(part(step, 'tres'), 'requested')['average'])
      const rss = count(average.find((entry): entry is Loose => isLoose(entry) && entry['type'] === 'mem')?.['count'])
      fold.add({
        name: '',
        cpuMs: undefined,
        rss: rss === undefined ? undefined : countOf(rss),
        tasks: count(part(step, 'tasks')['count']) ?? 0,
        elapsedSeconds: count(stepTime['elapsed']) ?? 0,
      })
    }
    const total = microseconds(part(time, 'total')) || cpu
    return { cpuUsed: total > 0 || fold.steps > 0 ? Math.floor(total / 1000) : undefined, memoryUsed: fold.memory }
  }
}

const minutes = (limit: number | undefined): number | undefined => (limit === undefined ? undefined : limit * 60)

/** Array and het jobs name their first job; zero means that this is none of them. */
function leader(value: Loose): string | undefined {
  const id = count(value['job_id'])
  return id === undefined || id === 0 ? undefined : String(id)
}

/** `13_2` is a task of an array, `25+1` a component of a het job, as the text calls them. */
function calledOf(value: Loose): string | undefined {
  const array = part(value, 'array')
  const het = part(value, 'het')
  const [first, sign, number] =
    leader(array) === undefined ? [leader(het), '+', het['job_offset']] : [leader(array), '_', array['task_id']]
  const place = count(number)
  return first === undefined || place === undefined ? undefined : `${first}${sign}${place}`
}

/** Compact, without the steps: they are folded into the quantities and make most of the text. */
function rawOf(value: Loose): string {
  return JSON.stringify({ ...value, steps: undefined })
}

/**
 * `code:signal` as the text has it. Up to v0.0.38 the code of a job that exited by itself reads 0 whatever it was:
 * then only a completed job's is known.
 */
function exitCodeOf(value: Loose, state: string): string | undefined {
  const signal = count(part(value, 'signal')['signal_id']) ?? count(part(value, 'signal')['id']) ?? 0
  const code = count(value['return_code'])
  if (signal > 0) return `${code ?? 0}:${signal}`
  if (code === undefined) return undefined
  const isLost = typeof value['return_code'] === 'number' && code === 0 && state !== 'COMPLETED'
  return isLost ? undefined : `${code}:0`
}

type TresKey = readonly [type: string, name: string, count: number]

function entryOf([type, name, amount]: TresKey): Entry {
  // Memory is in MiB here.
  const exact = type === 'mem' ? narrow(BigInt(amount) << 20n) : amount
  return { type, name, amount: { whole: exact, places: 0 } }
}

function keyOf(entries: readonly unknown[]): string {
  const key: TresKey[] = []
  for (const entry of entries) {
    const amount = isLoose(entry) ? count(entry['count']) : undefined
    if (isLoose(entry) && amount !== undefined) key.push([text(entry['type']), text(entry['name']), amount])
  }
  return JSON.stringify(key)
}

function allocatedOf(value: Loose, elapsedSeconds: number): Allocation | string {
  const tres = part(value, 'tres')
  const allocated = list(tres['allocated'])
  if (allocated.length > 0) return allocations(keyOf(allocated))
  return elapsedSeconds === 0 ? neverRan : allocations(keyOf(list(tres['requested'])))
}

/** Slurm answers 200 with no jobs and the error in the body: that must not pass for an empty month. */
function refuseErrors(errors: unknown): void {
  for (const error of list(errors)) {
    const code = isLoose(error) ? count(error['error_number']) : undefined
    if (code === nothingFound) continue
    const said = isLoose(error) ? text(error['description']) || text(error['error']) : JSON.stringify(error)
    throw new Refusal(
      `Slurm answered with an error instead of all jobs: ${code ?? ''} ${said}`.replace(/ +/g, ' ').trim(),
      'put it right there and fetch again; a time is best asked as uts1795249046, a token must not have expired',
    )
  }
}
