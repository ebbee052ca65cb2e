import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shapeOf } from './catalogue.ts'
import { type Finding, readOr } from './tree.ts'

const path = 'schema.sql'
const heading = `-- The present shape of the database, written by 'npm run schema' from a freshly migrated one. Read it; change migrations/.\n\n`

/** A fresh database after all migrations, as text. Imported late: the other checks need no PostgreSQL. */
async function present(): Promise<string> {
  const { freshDatabase } = await import('../src/database/testing.ts')
  const fresh = await freshDatabase()
  try {
    return heading + (await shapeOf(fresh.database.pool))
  } finally {
    await fresh.drop()
  }
}

export async function schema(root: string): Promise<Finding> {
  const now = await present()
  const written = readOr(root, path) ?? ''
  if (now === written) return { faults: [], note: `${now.match(/^create table/gm)?.length} tables` }
  return {
    faults: [
      `${path}:${firstDifference(written, now)}: it is not what the migrations make. Run 'npm run schema' and look at the difference.`,
    ],
  }
}

function firstDifference(one: string, other: string): number {
  const [left, right] = [one.split('\n'), other.split('\n')]
  const line = left.findIndex((text, index) => text !== right[index])
  return line < 0 ? left.length : line + 1
}

if (import.meta.main) {
  const text = await present()
  if (process.argv.includes('--write')) writeFileSync(join(import.meta.dirname, '..', path), text)
  else process.stdout.write(text)
}
