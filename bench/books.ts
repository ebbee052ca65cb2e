import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openHouse } from '../src/app.ts'
import type { Credits } from '../src/credits/commands.ts'
import { openWallets } from '../src/ledger/wallet-commands.ts'
import { alone } from '../src/operations/alone.ts'
import type { House } from '../src/operations/house.ts'
import { importParties, previewImport } from '../src/parties/import-commands.ts'
import { readSheet } from '../src/parties/sheet.ts'
import { readSettings } from '../src/settings.ts'

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

/** How long each measurement lasts, after warming up. */
export const seconds = (standard: number): number => Number(process.env['BENCH_SECONDS'] ?? standard)

/**
 * Work on an empty data directory with PostgreSQL as Bursar runs it (fsync on, every index, check and trigger); in the
 * end `bursar verify` looks at the books, because a figure of broken books is worth nothing.
 */
export async function withDirectory<Result>(
  work: (directory: string, houseOf: HouseOf) => Promise<Result>,
  { proved } = { proved: true },
): Promise<[Result, readonly string[]]> {
  const directory = await mkdtemp(join(tmpdir(), 'bursar-bench-'))
  try {
    const result = await work(directory, (within) => inHouse(directory, within))
    return [result, proved ? await verify(directory) : []]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

type Within<Result> = (house: House) => Promise<Result>
type HouseOf = <Result>(work: Within<Result>) => Promise<Result>

/** The same, for work in this process. */
export const withBooks = <Result>(work: Within<Result>): Promise<[Result, readonly string[]]> =>
  withDirectory((_, houseOf) => houseOf(work))

async function inHouse<Result>(directory: string, work: Within<Result>): Promise<Result> {
  const house = await openHouse(readSettings({}, { BURSAR_DATA: directory }), 'command')
  try {
    return await work(house)
  } finally {
    await house.database.close()
  }
}

async function verify(directory: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [cli, 'verify', '--data', directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`bursar verify ended with ${code}: ${text}`)
  return text.trimEnd().split('\n').slice(-1)
}

export type Parties = { readonly projects: readonly string[]; readonly provider: string }

/** Prepaid projects, a hundred to an organisation, and one provider: their UUIDs. */
export async function bringParties(house: House, projects: number): Promise<Parties> {
  const lines = Array.from({ length: projects }, (_, n) => `lab-${Math.floor(n / 100)},project-${n},prepaid,`)
  const sheet = readSheet(['organisation,project,payment,provider', ...lines, ',,,site'].join('\n'))
  if (!sheet.ok) throw new Error(JSON.stringify(sheet))
  const preview = await previewImport(house.database.pool, sheet.value)
  if (!preview.ok) throw new Error(JSON.stringify(preview))
  await importParties(house, { principal: 'bench', key: 'parties' }, preview.value)
  const { rows } = await house.database.pool.query<{ id: string }>(
    `(select id, 0 as of_kind, length(name), name from parties.projects union all
      select id, 1, length(name), name from parties.providers) order by 2, 3, 4`,
  )
  const ids = rows.map(({ id }) => id)
  return { projects: ids.slice(0, projects), provider: ids[projects] ?? '' }
}

/** Gives each a million credits; the wallets are opened in one operation. */
export async function fund(credits: Credits, owners: readonly string[]): Promise<void> {
  const waiting = [...owners]
  await alone(
    credits.house,
    { principal: 'bench', key: 'wallets', command: 'bench.wallets', input: null },
    async (writer) => {
      await openWallets(
        writer,
        owners.map((owner) => ({ owner, currency: 'CREDIT' })),
      )
      return null
    },
  )
  const give = async () => {
    for (let owner = waiting.pop(); owner !== undefined; owner = waiting.pop()) {
      const input = { owner, currency: 'CREDIT', nanos: 10n ** 15n, origin: 'bench', expiresAt: null }
      await credits.grant({ principal: 'bench', key: `grant ${owner}` }, input)
    }
  }
  await Promise.all(Array.from({ length: 512 }, give))
}
