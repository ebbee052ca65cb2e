import type { House } from '../operations/house.ts'
import { Refusal } from '../values/refusal.ts'
import { type Register, WrongUsage } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { reasonOf } from '../terminal/reason.ts'
import { parseId, uuidOf } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import { momentOf } from '../values/moment.ts'
import type { ProjectParty } from '../parties/party.ts'
import { newMemory } from './memory-commands.ts'
import { rerate as rerateUsage } from './rerate-commands.ts'
import { findProject } from './party-commands.ts'

export type Range = { project?: string; from?: string; to?: string }

export const dateText = 'a date (its start, in the zone of the site) or a time with its zone'

/** An option that names a project. */
export function projectText(text: string): string {
  if (text.trim() !== '') return text
  throw new WrongUsage('--project is blank.', 'Give the name or the id of a project.')
}

export async function projectOf(house: House, text: string): Promise<ProjectParty> {
  const id = parseId('project', text)
  const found = await findProject(house, id ? uuidOf(id) : text)
  if (found) return found
  throw noProject(text)
}

export const noProject = (text: string): Refusal =>
  new Refusal(`There is no project “${text}”.`, 'bursar parties list shows the projects that there are.')

export function rangeOf({ from, to }: Range, zone: string): { from: Date | null; to: Date | null } {
  const moment = (option: string, text: string | undefined) => {
    if (text === undefined) return null
    const ms = momentOf(text, zone)
    if (ms === undefined)
      throw new WrongUsage(`${option} ${text} is no date.`, 'Write 2026-11-01 or 2026-11-01T08:00:00Z.')
    return new Date(ms)
  }
  const range = { from: moment('--from', from), to: moment('--to', to) }
  if (range.from && range.to && range.from >= range.to) {
    throw new WrongUsage('--from is not before --to.', 'A range ends after it begins.')
  }
  return range
}

/** `bursar rerate` */
export const rerate: Register<House> = (command, door) => {
  command
    .requiredOption('--reason <text>', 'why; it stands in the audit record', reasonOf)
    .option('--project <name>', 'name or id of the project; all projects without it', projectText)
    .option('--from <date>', `usage that ended at this moment or later: ${dateText}`)
    .option('--to <date>', 'usage that ended before this')
    .option('--apply', 'do it; without this it only says what would change')
    .action(async (options: Range & { reason: string; apply?: true }) => {
      const house = await door.house()
      const project = options.project === undefined ? null : (await projectOf(house, options.project)).project
      const range = rangeOf(options, house.zone)
      const dryRun = options.apply !== true
      const choice = { principal: door.principal, project, ...range, reason: options.reason, dryRun }
      const result = await rerateUsage(house, choice, newMemory(house.zone))
      const amount = Object.fromEntries([...result.amounts].map(([currency, nanos]) => [currency, nanosText(nanos)]))
      door.answer({ looked: result.looked, changed: result.changed, amount, dryRun })
      door.say(
        `${grouped(result.looked)} records looked at, ${grouped(result.changed)} ${dryRun ? 'would change' : 'changed'}.`,
      )
      for (const [currency, text] of Object.entries(amount)) door.say(`difference: ${amountText(text, currency)}`)
      if (dryRun && result.changed > 0) door.say('\nNothing was written. Add --apply to do it.')
    })
}
