import type { Fact } from '../metering/fact.ts'
import type { WaitingRow } from '../metering/quarantine-commands.ts'
import { Refusal } from '../values/refusal.ts'
import { type Format, unended } from './page.ts'
import { readJobs } from './stream.ts'

/** Reads a quarantined row once more, alone, the way its dump was read; or says why it still cannot be read. */
export async function readAgain(
  row: Pick<WaitingRow, 'raw' | 'settings' | 'measuredAt' | 'origin'>,
  cluster: string | undefined,
): Promise<{ facts: readonly Fact[]; reason: string | undefined }> {
  const { header, format, zone = 'UTC', cluster: before, cut } = row.settings
  if (row.settings['unended'] !== undefined) return { facts: [], reason: unended }
  if (cut !== undefined) return { facts: [], reason: `only the beginning of its ${cut} characters was kept` }
  const text = header === undefined ? `{"jobs":[${row.raw}]}` : `${header}\n${row.raw}\n`
  const { measuredAt, origin } = row
  const settings = { format: format as Format, cluster: cluster ?? before, zone, origin, measuredAt }
  const facts: Fact[] = []
  try {
    for await (const page of readJobs(once(Buffer.from(text)), settings)) {
      const [bad] = page.bad
      if (bad) return { facts: [], reason: bad.reason }
      facts.push(...page.facts)
    }
  } catch (error) {
    if (error instanceof Refusal) return { facts: [], reason: error.message }
    throw error
  }
  return { facts, reason: undefined }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
