import { randomUUID } from 'node:crypto'
import type { House } from '../operations/house.ts'
import { personNamed } from '../parties/people-commands.ts'
import type { Door, Register } from '../terminal/door.ts'
import { grouped } from '../terminal/number.ts'
import { idOf } from '../values/id.ts'
import { erase, link, type Memories, previewErasure } from './person-commands.ts'

const eraseHelp = `
Taken away are: name, e-mail, all other names, what sources said of the person in their own words (raw rows of usage
records, rows in quarantine that hold a name), and the keys that are for the person. What was used and charged stays,
under a number that says nothing, and the books still prove themselves. It cannot be undone. Rows that wait in
quarantine can then no more be charged: replay them first. Backups and former dumps of sources are not Bursar's to
change; a dump that is read again brings the name back, as somebody new.
`

type LinkOptions = { source: string; name: string }

/** `memories`: where others keep what sources said of people. */
export const personWith =
  (memories: Memories): Register<House> =>
  (command, door) => {
    command
      .command('link')
      .description('say that a name of a source means this person')
      .argument('<person>', 'id (per_…) or name')
      .requiredOption(
        '--source <source>',
        'where they are called so: slurm:lab, jwt:ISSUER for a login, * for anywhere',
      )
      .requiredOption('--name <name>', 'what they are called there: a user name, the subject of a token')
      .action((person: string, options: LinkOptions) => linkName(door, person, options))
    command
      .command('erase')
      .description('erase who a person is; what they used and were charged stays, under a number')
      .argument('<person>', 'id (per_…) or name')
      .option('--dry-run', 'say what would be erased; erase nothing')
      .addHelpText('after', eraseHelp)
      .action((person: string, options: { dryRun?: boolean }) => erasePerson(door, person, memories, options))
  }

async function linkName(door: Door<House>, text: string, { source, name }: LinkOptions): Promise<void> {
  const house = await door.house()
  const person = await personNamed(house.database.pool, text)
  const call = { principal: door.principal, key: randomUUID() }
  const { answer } = await link(house, call, person, { source, name })
  const { linked } = JSON.parse(answer) as { linked: boolean }
  door.say(linked ? `${name} of ${source} is ${text} from now on.` : `${name} of ${source} is ${text} already.`)
  door.answer({ person: idOf('person', person), source, name, linked })
}

async function erasePerson(door: Door<House>, text: string, memories: Memories, { dryRun }: { dryRun?: boolean }) {
  const house = await door.house()
  const person = await personNamed(house.database.pool, text)
  const id = idOf('person', person)
  if (dryRun) {
    const { names, keys, records, quarantined, waiting } = await previewErasure(house.database.pool, person, memories)
    door.say(`Of ${id} would be erased: ${names.join(', ') || 'no name that is left'};
the raw rows of ${grouped(records)} usage records, ${grouped(quarantined)} rows of quarantine (${grouped(waiting)} of them wait), ${grouped(keys)} keys.
Nothing was changed.`)
    door.answer({ person: id, dryRun: true, names, keys, records, quarantined, waiting })
    return
  }
  const { answer } = await erase(house, { principal: door.principal, key: randomUUID() }, person, memories)
  const erased = JSON.parse(answer) as { records: number; quarantined: number; keys: number }
  door.say(`Erased. What is left of ${id} says nothing: the raw rows of ${grouped(erased.records)} usage records,
${grouped(erased.quarantined)} rows of quarantine and ${grouped(erased.keys)} keys went with the names.`)
  door.answer({ dryRun: false, ...erased })
}
