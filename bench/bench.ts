import type { BenchResult } from './result.ts'

/** `npm run bench -- NAME [--json]`: one measurement with its baseline in the same run. */

type Bench = () => Promise<BenchResult>

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  http: async () => (await import('./http.ts')).httpBench,
  jobs: async () => (await import('./jobs.ts')).jobsBench,
  ledger: async () => (await import('./ledger.ts')).ledgerBench,
  rate: async () => (await import('./rate.ts')).rateBench,
  slurm: async () => (await import('./slurm.ts')).slurmBench,
  soak: async () => (await import('./soak.ts')).soakBench,
}

const print = (text: string) => process.stdout.write(`${text}\n`)

async function main(words: readonly string[]): Promise<number> {
  const [name = '', ...more] = words.filter((word) => word !== '--json')
  const load = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (!load || more.length > 0) {
    process.stderr.write(
      `usage: npm run bench -- NAME [--json], where NAME is one of: ${Object.keys(benches).join(', ')}\n`,
    )
    return 2
  }
  const bench = await load()
  const { metrics, lines } = await bench()
  for (const line of lines) print(line)
  if (words.includes('--json')) print(JSON.stringify({ bench: name, metrics }))
  return 0
}

process.exitCode = await main(process.argv.slice(2))
