import type { House } from '../operations/house.ts'
import type { Door, Register } from '../terminal/door.ts'
import { grouped } from '../terminal/number.ts'
import type { DeskOf } from './cli.ts'
import type { Desk } from './desk-commands.ts'

const eraseHelp = `
Taken away are: name, e-mail, all other names, what sources said of the person in their own words (raw rows of usage
records, rows in quarantine that hold a name), and the keys that are for the person. What was used and charged stays,
under a number that says nothing, and the books still prove themselves. It cannot be undone. A token of the person
opens nothing any more, until their login is linked with somebody anew (person link). What is sealed stays as it was
told: a name that a sender wrote into a dimension, an id or an attribute of an event is not found. Rows that wait in
quarantine can then no more be charged: replay them first. Backups and former dumps of sources are not Bursar's to
change; a dump that is read again brings the name back, as somebody new.
`

type LinkOptions = { source: string; name: string }

/** `desk`: where to ask, on the database or over HTTP. */
export const personWith =
  (desk: DeskOf): Register<House> =>
  (command, door) => {
    command
      .command('link')
      .description('say that a name of a source means this person')
      .argument('<person>', 'id (per_…) or name')
      .requiredOption(
        '--source <source>',
        'where they are called so: slurm:lab, api:SOURCE for usage sent as SOURCE, jwt:ISSUER for a login, * for anywhere',
      )
      .requiredOption('--name <name>', 'what they are called there: a user name, the subject of a token')
      .action(async (person: string, options: LinkOptions) => linkName(door, await desk(door), person, options))
    command
      .command('erase')
      .description('erase who a person is; what they used and were charged stays, under a number')
      .argument('<person>', 'id (per_…) or name')
      .option('--dry-run', 'say what would be erased; erase nothing')
      .addHelpText('after', eraseHelp)
      .action(async (person: string, options: { dryRun?: boolean }) =>
        erasePerson(door, await desk(door), person, options),
      )
  }

async function linkName(door: Door<House>, desk: Desk, text: string, { source, name }: LinkOptions): Promise<void> {
  const person = await desk.person(text)
  const linked = await desk.link(person, { source, name })
  door.say(linked ? `${name} of ${source} is ${text} from now on.` : `${name} of ${source} is ${text} already.`)
  door.answer({ person, source, name, linked })
}

async function erasePerson(door: Door<House>, desk: Desk, text: string, { dryRun }: { dryRun?: boolean }) {
  const person = await desk.person(text)
  if (dryRun) {
    const { names, keys, records, quarantined, waiting } = await desk.previewErasure(person)
    door.say(`Of ${person} would be erased: ${names.join(', ') || 'no name that is left'};
the raw rows of ${grouped(records)} usage records, ${grouped(quarantined)} rows of quarantine (${grouped(waiting)} of them wait), ${grouped(keys)} keys.
Nothing was changed.`)
    door.answer({ person, dryRun: true, names, keys, records, quarantined, waiting })
    return
  }
  const { records, quarantined, keys } = await desk.erase(person)
  door.say(`Erased. What is left of ${person} says nothing: the raw rows of ${grouped(records)} usage records,
${grouped(quarantined)} rows of quarantine and ${grouped(keys)} keys went with the names.`)
  door.answer({ person, dryRun: false, records, quarantined, keys })
}
