#!/usr/bin/env node
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'

/**
 * A made-up cluster's accounting: the same bytes for the same seed. Jobs, batch steps and srun steps (2.5 lines a
 * job), 2,000 accounts, 20,000 users, GPUs on a fifth of the jobs, two months, and every twentieth job told again.
 */
export type Dump = { readonly jobs: number; readonly seed?: number; readonly format?: 'sacct' | 'json' }

type Random = (below: number) => number
type Made = ReturnType<typeof makeJob>

const accountCount = 2000
const userCount = 20_000
const begin = Date.UTC(2026, 8, 1) / 1000
const span = 61 * 86_400
const header =
  'JobIDRaw|JobID|Cluster|Account|User|Partition|QOS|State|ExitCode|Submit|Eligible|Start|End|ElapsedRaw|Suspended|' +
  'AllocTRES|AllocNodes|TimelimitRaw|TotalCPU|AveRSS|NTasks|ConsumedEnergyRaw|NodeList'

/** mulberry32: small, fast, and the same everywhere. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const states = [
  ...Array.from({ length: 84 }, () => ['COMPLETED', '0:0'] as const),
  ...Array.from({ length: 5 }, () => ['FAILED', '1:0'] as const),
  ...Array.from({ length: 4 }, () => ['TIMEOUT', '0:0'] as const),
  ...Array.from({ length: 3 }, () => ['CANCELLED', '0:0'] as const),
  ...(['OUT_OF_MEMORY', 'NODE_FAIL', 'PREEMPTED', 'FAILED'] as const).map((state) => [state, '0:125'] as const),
]
const memories = [2048, 4096, 8192, 16384, 32768, 65536, 192000, 1537]
const cpuCounts = [1, 1, 2, 4, 4, 8, 16, 32, 64, 128]

function makeJob(id: number, index: number, jobs: number, random: Random) {
  const account = random(accountCount)
  const submit = begin + Math.floor((index / jobs) * span)
  const start = submit + random(7200)
  const elapsed = 10 + random(100) ** 2 * 4
  const cpus = cpuCounts[random(cpuCounts.length)] as number
  const [state, exitCode] = states[random(states.length)] as readonly [string, string]
  const gpus = random(5) === 0 ? 1 << random(4) : 0
  return {
    id,
    account: `acc${account}`,
    // Ten people to an account, so that people and accounts belong together.
    user: `user${(account * 10 + random(10)) % userCount}`,
    state,
    exitCode,
    submit,
    start,
    elapsed,
    end: start + elapsed,
    cpus,
    memory: memories[random(memories.length)] as number,
    gpus,
    gpuType: gpus > 0 && random(2) === 0 ? 'a100' : 'h100',
    node: 1 + random(999),
    energy: random(10) === 0 ? elapsed * cpus * 7 : 0,
    cpuMs: Math.floor((elapsed * cpus * (20 + random(80)) * 10) / 2),
    rssKib: 1024 * (1 + random(4096)),
    steps: 1 + (index % 2),
  }
}

const two = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'))
const days = new Map<number, string>()
function timeText(epoch: number): string {
  const day = Math.floor(epoch / 86_400)
  let date = days.get(day)
  if (!date) {
    date = new Date(day * 86_400_000).toISOString().slice(0, 11)
    days.set(day, date)
  }
  const second = epoch - day * 86_400
  return `${date}${two[Math.floor(second / 3600)]}:${two[Math.floor(second / 60) % 60]}:${two[second % 60]}`
}

function cpuText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const clock = `${two[Math.floor(seconds / 60) % 60]}:${two[seconds % 60]}`
  if (seconds < 3600) return ms % 1000 === 0 ? `00:${clock}` : `${clock}.${String(ms % 1000).padStart(3, '0')}`
  const hours = `${two[Math.floor(seconds / 3600) % 24]}:${clock}`
  return seconds < 86_400 ? hours : `${Math.floor(seconds / 86_400)}-${hours}`
}

/** Exact halves of a unit are shortened, as Slurm does. */
const memoryText = (mib: number): string => (mib % 512 === 0 && mib >= 1024 ? `${mib / 1024}G` : `${mib}M`)

function tresText(job: Made): string {
  const gpus = job.gpus > 0 ? `,gres/gpu:${job.gpuType}=${job.gpus},gres/gpu=${job.gpus}` : ''
  return `billing=${job.cpus + job.gpus * 10},cpu=${job.cpus}${gpus},mem=${memoryText(job.memory)},node=1`
}

function textOf(job: Made): string {
  const { id, elapsed, cpus } = job
  const [submit, start, end] = [timeText(job.submit), timeText(job.start), timeText(job.end)]
  const node = `c${job.node}`
  const place = job.gpus > 0 ? 'gpu|normal' : 'cpu|normal'
  const times = `${start}|${end}|${elapsed}|00:00:00`
  const text =
    `${id}|${id}|bench|${job.account}|${job.user}|${place}|${job.state}|${job.exitCode}|${submit}|${submit}|${times}|` +
    `${tresText(job)}|1|1440|${cpuText(job.cpuMs * job.steps)}|||${job.energy}|${node}\n`
  const step = (name: string, tasks: number) =>
    `${id}.${name}|${id}.${name}|bench|${job.account}||||${job.state}|${job.exitCode}|${start}|${start}|${times}|` +
    `cpu=${cpus},mem=${memoryText(job.memory)},node=1|1||${cpuText(job.cpuMs)}|${job.rssKib}K|${tasks}|0|${node}\n`
  return job.steps === 1 ? text + step('batch', 1) : text + step('batch', 1) + step('0', cpus)
}

function jsonOf(job: Made): string {
  const number = (value: number) => ({ set: true, infinite: false, number: value })
  const entry = (type: string, name: string, id: number, count: number) => ({ type, name, id, count })
  const cpuTime = (ms: number) => ({ seconds: Math.floor(ms / 1000), microseconds: (ms % 1000) * 1000 })
  const allocated = [entry('cpu', '', 1, job.cpus), entry('mem', '', 2, job.memory), entry('node', '', 4, 1)]
  allocated.push(entry('billing', '', 5, job.cpus + job.gpus * 10))
  if (job.gpus > 0)
    allocated.push(entry('gres', 'gpu', 1001, job.gpus), entry('gres', `gpu:${job.gpuType}`, 1002, job.gpus))
  if (job.energy > 0) allocated.push(entry('energy', '', 3, job.energy))
  const time = { elapsed: job.elapsed, start: number(job.start), end: number(job.end), suspended: 0 }
  const exit = {
    status: ['SUCCESS'],
    return_code: number(Number.parseInt(job.exitCode, 10)),
    signal: { id: number(0), name: '' },
  }
  const step = (name: string, tasks: number) => ({
    time: { ...time, total: cpuTime(job.cpuMs) },
    exit_code: exit,
    nodes: { count: 1, range: `c${job.node}`, list: [`c${job.node}`] },
    tasks: { count: tasks },
    state: [job.state],
    statistics: { CPU: { actual_frequency: 2500 }, energy: { consumed: number(0) } },
    step: { id: `${job.id}.${name}`, name },
    tres: {
      requested: { average: [entry('mem', '', 2, job.rssKib * 1024)], total: [] },
      allocated: allocated.slice(0, 3),
    },
  })
  // Laid out as sacct does; slurmrestd leaves the spaces away.
  return JSON.stringify(
    {
      account: job.account,
      allocation_nodes: 1,
      array: { job_id: 0, task_id: { set: false, infinite: false, number: 0 }, task: '' },
      association: { account: job.account, cluster: 'bench', partition: '', user: job.user, id: 1 },
      cluster: 'bench',
      exit_code: exit,
      flags: ['STARTED_ON_BACKFILL', 'START_RECEIVED'],
      group: 'users',
      het: { job_id: 0, job_offset: { set: false, infinite: false, number: 0 } },
      job_id: job.id,
      name: `run "${job.id}"`,
      nodes: `c${job.node}`,
      partition: job.gpus > 0 ? 'gpu' : 'cpu',
      qos: 'normal',
      state: { current: [job.state], reason: 'None' },
      steps: job.steps === 1 ? [step('batch', 1)] : [step('batch', 1), step('0', job.cpus)],
      submit_line: 'sbatch --cpus-per-task=4 run.sh',
      time: {
        ...time,
        eligible: job.submit,
        submission: job.submit,
        limit: number(1440),
        total: cpuTime(job.cpuMs * job.steps),
        start: job.start,
        end: job.end,
      },
      tres: { allocated, requested: allocated.slice(0, 4) },
      user: job.user,
      working_directory: `/home/${job.user}/runs`,
    },
    null,
    2,
  )
}

const keptMax = 4096

/** The dump in pieces of about a mebibyte. */
export function* slurmDump({ jobs, seed = 1, format = 'sacct' }: Dump): Generator<Buffer> {
  const random = randomFrom(seed)
  const write = format === 'json' ? jsonOf : textOf
  const kept: string[] = []
  let text =
    format === 'json'
      ? '{"meta":{"slurm":{"version":{"major":"24"}}},"errors":[],"warnings":[],"jobs":[\n'
      : `${header}\n`
  for (let index = 0; index < jobs; index++) {
    const isRepeat = index % 20 === 19
    const made = isRepeat ? (kept[random(kept.length)] as string) : write(makeJob(100_000 + index, index, jobs, random))
    if (!isRepeat) kept[index % keptMax < kept.length ? index % keptMax : kept.length] = made
    text += format === 'json' && index < jobs - 1 ? `${made},\n` : made
    if (text.length > 1 << 20) {
      yield Buffer.from(text)
      text = ''
    }
  }
  yield Buffer.from(format === 'json' ? `${text}\n]}\n` : text)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [jobs = '1000', ...flags] = process.argv.slice(2)
  const seed = Number(flags.find((flag) => flag.startsWith('--seed='))?.slice(7) ?? 1)
  for (const piece of slurmDump({ jobs: Number(jobs), seed, format: flags.includes('--json') ? 'json' : 'sacct' }))
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
}
