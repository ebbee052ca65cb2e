import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../src/database/database.ts'
import { readJobs } from '../src/slurm/stream.ts'
import { copyBaseline } from './copy-baseline.ts'
import type { BenchResult } from './result.ts'
import { slurmDump } from './slurm-dump.ts'

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const prices = fileURLToPath(new URL('slurm-prices.yaml', import.meta.url))
const threePrices = fileURLToPath(new URL('slurm-three-prices.yaml', import.meta.url))
const jobs = Number(process.env['BENCH_JOBS'] ?? 1_000_000)

/**
 * A dump of a million jobs through the real command, on an empty data directory with PostgreSQL as Bursar runs it
 * (fsync on, indexes and partitions on), priced by one formula; beside it a plain COPY of the record and charge rows that
 * came of it, and the same dump priced by three components, which makes two charges a job.
 */
export async function slurmBench(): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'bursar-bench-'))
  try {
    const dump = join(directory, 'dump.psv')
    await pipeline(Readable.from(slurmDump({ jobs })), createWriteStream(dump))
    const data = join(directory, 'data')
    await bursar(['prices', 'set', prices, '--data', data])

    const run = await bursar(['ingest', 'slurm', dump, '--data', data])
    const again = await bursar(['ingest', 'slurm', dump, '--data', data])
    if (again.answer['recorded'] !== 0) throw new Error('the second run recorded something')

    const database = await openDatabase({ dataDirectory: data })
    const copySeconds = await copyBaseline(database, directory)
    await database.close()
    const jsonMiBPerSecond = await jsonRate(join(directory, 'dump.json'))
    const other = join(directory, 'three')
    await bursar(['prices', 'set', threePrices, '--data', other])
    const three = await bursar(['ingest', 'slurm', dump, '--data', other])

    const seconds = Number(run.answer['seconds'])
    const metrics = {
      seconds,
      peakMiB: Math.round(Math.max(run.peakMiB, three.peakMiB)),
      nodeCpuSeconds: run.cpuSeconds,
      ratioToCopy: rounded(seconds / copySeconds),
      jsonMiBPerSecond: Math.round(jsonMiBPerSecond),
      copySeconds: rounded(copySeconds),
      secondRunSeconds: Number(again.answer['seconds']),
      threeComponentsSeconds: Number(three.answer['seconds']),
      jobs,
    }
    const size = (await stat(dump)).size / 2 ** 20
    return {
      metrics,
      lines: [
        `${jobs} jobs (${Math.round(size)} MiB): read, recorded, charged in ${seconds} s, at most ${metrics.peakMiB} MiB`,
        `Node alone: ${metrics.nodeCpuSeconds} s of processor time`,
        `COPY of the same record and charge rows: ${metrics.copySeconds} s (${metrics.ratioToCopy} times)`,
        `the same dump again: ${metrics.secondRunSeconds} s, nothing recorded`,
        `priced by three components instead of one formula: ${metrics.threeComponentsSeconds} s`,
        `sacct --json: ${metrics.jsonMiBPerSecond} MiB/s read into facts`,
      ],
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const rounded = (value: number) => Math.round(value * 100) / 100

type Run = {
  readonly answer: Readonly<Record<string, unknown>>
  readonly peakMiB: number
  /** What its Node used of the processors, which another program on the machine changes less than the time. */
  readonly cpuSeconds: number
}

/** Runs the command as a user would, and watches the memory and the processor time of its Node. */
async function bursar(words: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [cli, ...words, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let peakMiB = 0
  let cpuSeconds = 0
  const watch = setInterval(() => {
    peakMiB = Math.max(peakMiB, peakOf(child.pid as number))
    cpuSeconds = Math.max(cpuSeconds, cpuOf(child.pid as number))
  }, 50)
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearInterval(watch)
  if (code !== 0) throw new Error(`bursar ${words.join(' ')} ended with ${code}: ${text}`)
  return { answer: JSON.parse(text) as Run['answer'], peakMiB, cpuSeconds }
}

/** The most resident memory that a process ever had, by its own account; 0 once it has ended. */
function peakOf(pid: number): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** User and system time of all its threads, as Linux counts it in hundredths; 0 once it has ended. */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return 0
  }
}

async function jsonRate(file: string): Promise<number> {
  await pipeline(Readable.from(slurmDump({ jobs: 30_000, format: 'json' })), createWriteStream(file))
  const { size } = await stat(file)
  const started = performance.now()
  let facts = 0
  const settings = { format: 'json', zone: 'UTC', origin: file, measuredAt: 0 } as const
  for await (const page of readJobs(createReadStream(file, { highWaterMark: 1 << 18 }), settings))
    facts += page.facts.length
  if (facts === 0) throw new Error('no job was read from the JSON')
  return size / 2 ** 20 / ((performance.now() - started) / 1000)
}
