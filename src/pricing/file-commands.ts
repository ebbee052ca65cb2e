import type { Reader } from '../database/reader.ts'
import { meterNames } from '../metering/commands.ts'
import { isMeter } from '../metering/meter.ts'
import type { House } from '../operations/house.ts'
import { listParties } from '../parties/import-commands.ts'
import type { Meters } from './check.ts'
import { type FileMistake, priceProblem, scoped } from './commands.ts'
import type { PriceVersion } from './definition.ts'
import type { Wanted } from './plan.ts'
import { readPriceFile } from './price-file.ts'

const lists = { organisation: 'organisations', project: 'projects', person: 'people' } as const

/** @throws Problem `price-invalid` with all mistakes of the file, each with its line and column */
export async function readFile(house: House, text: string): Promise<Wanted[]> {
  const reader = house.database.pool
  const { entries, mistakes } = readPriceFile(text, house.zone, await metersOf(reader))
  refuse(mistakes)
  const parties = await listParties(reader)
  const found = scoped(entries, (kind, name) => parties[lists[kind]].find((party) => party.name === name)?.id)
  refuse(found.mistakes)
  const unkept = found.wanted.filter((wanted) => JSON.stringify(wanted).includes('\\u0000'))
  refuse(unkept.map(({ line, column }) => ({ line, column, message: 'holds a NUL character: remove it' })))
  return found.wanted
}

function refuse(mistakes: readonly FileMistake[]): void {
  if (mistakes.length > 0) throw priceProblem(mistakes)
}

async function metersOf(reader: Reader): Promise<Meters> {
  const names = new Set((await meterNames(reader)).map(({ name }) => name))
  return { names, has: (name) => isMeter(name, names) }
}

/** For whom versions are, as people know them; whom nobody knows any more keeps the UUID. */
export async function scopeNames(reader: Reader): Promise<(of: Pick<PriceVersion, 'scopeKind' | 'scope'>) => string> {
  const parties = await listParties(reader)
  return ({ scopeKind, scope }) => {
    if (scopeKind === 'default') return 'everybody'
    if (scopeKind === 'tier') return `tier ${scope}`
    return `${scopeKind} ${parties[lists[scopeKind]].find(({ id }) => id === scope)?.name ?? scope}`
  }
}
