import { readFileSync } from 'node:fs'
import type { BadRow, Fact } from '../src/metering/fact.ts'
import { readJobs, type Settings } from '../src/slurm/stream.ts'

/** Everything that a whole input became. */
export type Reading = { facts: Fact[]; bad: BadRow[]; notes: string[]; pending: number; strayed: number; jobs: number }

export const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/slurm/${name}`, import.meta.url))

async function* chunksOf(input: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(input as string)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export async function readSlurm(
  input: string | Buffer,
  settings: Partial<Settings> & { chunkSize?: number } = {},
): Promise<Reading> {
  const { chunkSize = 1 << 16, ...given } = settings
  const reading: Reading = { facts: [], bad: [], notes: [], pending: 0, strayed: 0, jobs: 0 }
  const all = { format: 'auto', zone: 'UTC', origin: '-', measuredAt: Date.UTC(2027, 0, 1), ...given } as const
  for await (const page of readJobs(chunksOf(input, chunkSize), all)) {
    reading.facts.push(...page.facts)
    reading.bad.push(...page.bad)
    reading.notes.push(...page.notes)
    reading.pending += page.pending
    reading.strayed += page.strayed
    reading.jobs += page.jobs
  }
  return reading
}

const labels = new Map(
  fixture('real/jobs.tsv')
    .toString()
    .trim()
    .split('\n')
    .map((line) => [line.split('\t')[1] as string, line.split('\t')[2] as string]),
)

/** The job id behind a label of the real dump. */
export function jobLabelled(label: string): string {
  const id = labels.get(label)
  if (!id) throw new Error(`no job is labelled ${label}`)
  return id
}

/** The runs of a labelled job, in the order of the dump. */
export const runsOf = (facts: readonly Fact[], label: string): Fact[] =>
  facts.filter((fact) => fact.externalId.startsWith(`lab/${jobLabelled(label)}/`))
