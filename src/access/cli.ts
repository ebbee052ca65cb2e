import type { House } from '../operations/house.ts'
import { type Door, type Register, WrongUsage } from '../terminal/door.ts'
import { parseId, type UuidKind } from '../values/id.ts'
import { momentOf } from '../values/moment.ts'
import { localText } from '../values/period.ts'
import { Refusal } from '../values/refusal.ts'
import { noParty } from './absent.ts'
import type { Desk, ShownKey } from './desk-commands.ts'
import { roles } from './roles.ts'

export type DeskOf = (door: Door<House>) => Promise<Desk>

const createHelp = `
What a key may do is its role; whom it may do it for are its parties: all, or those that are named. An organisation
includes its projects. A key of role provider wants --provider, one of role user wants --person or --project.

Roles
  admin       everything
  supervisor  parties, credits, usage; no prices, no keys
  finance     prices, credits, approvals; no usage
  provider    its own usage, charges and statements
  service     tells usage, holds and settles credits
  user        looks at what its projects own

Examples
  bursar key create --name "Slurm prolog" --role service
  bursar key create --name chem-portal --role user --project chem --expires 2027-01-01
`

type CreateOptions = { name: string; role: string; principal?: string; expires?: string } & Partial<
  Record<UuidKind, string[]>
>

/** `desk`: where to ask, on the database or over HTTP. */
export const keyWith =
  (desk: DeskOf): Register<House> =>
  (command, door) => {
    const more = (value: string, before: string[] = []) => [...before, value]
    command
      .command('create')
      .description('make a key; its secret is shown this once')
      .requiredOption('--name <name>', 'what it is for')
      .requiredOption('--role <role>', `one of ${roles.join(', ')}`)
      .option('--principal <principal>', 'whose key it is; keys of one principal share their idempotency keys')
      .option('--organisation <organisation>', 'only for this one and its projects (id or name; again for more)', more)
      .option('--project <project>', 'only for this one (id or name; again for more)', more)
      .option('--person <person>', 'only for this one and their projects (id or name; again for more)', more)
      .option('--provider <provider>', 'only for this one (id or name; again for more)', more)
      .option('--expires <date>', 'until when it holds: 2027-01-01 (its start in BURSAR_ZONE), or 90d for 90 days')
      .addHelpText('after', createHelp)
      .action(async (options: CreateOptions) => create(door, await desk(door), options))
    command
      .command('list')
      .description('keys, without their secrets')
      .option('--all', 'those that were revoked or have expired too')
      .action(async (options: { all?: boolean }) => list(door, await desk(door), options))
    command
      .command('revoke')
      .description('let nobody in with these keys any more')
      .argument('<key...>', 'ids such as key_42, or how the keys begin: bsr_Th9AZxus')
      .action(async (keys: string[]) => revoke(door, await desk(door), keys))
  }

async function create(door: Door<House>, desk: Desk, options: CreateOptions): Promise<void> {
  const role = roles.find((each) => each === options.role)
  if (!role) throw new WrongUsage(`--role ${options.role} is no role.`, `Write one of ${roles.join(', ')}.`)
  const parties = await partiesOf(desk, options)
  const zone = (await door.setting('BURSAR_ZONE')) ?? 'UTC'
  const expiresAt = options.expires === undefined ? null : expiryOf(options.expires, zone)
  const made = await desk.createKey({ name: options.name, role, principal: options.principal, parties, expiresAt })
  door.say(`${made.secret}

That is the key ${made.id}, role ${role}, of ${made.principal}. It is shown this once and kept nowhere.
Send it as \`Authorization: Bearer KEY\`, or as the password of HTTP Basic. It ends with: bursar key revoke ${made.id}`)
  door.answer({ ...made, role, parties, expiresAt: expiresAt?.toISOString() ?? null })
}

async function partiesOf(desk: Desk, options: CreateOptions): Promise<'all' | string[]> {
  const kinds: readonly UuidKind[] = ['organisation', 'project', 'person', 'provider']
  const named = kinds.flatMap((kind) => (options[kind] ?? []).map((text) => ({ kind, text })))
  if (named.length === 0) return 'all'
  const found: string[] = []
  for (const { kind, text } of named) {
    const id = parseId(kind, text) ?? (await desk.party(kind, text))
    if (id === undefined) throw noParty(kind, text)
    found.push(id)
  }
  return found
}

function expiryOf(text: string, zone: string): Date {
  const days = /^(\d{1,5})d$/.exec(text)?.[1]
  const ms = days === undefined ? momentOf(text, zone) : Date.now() + Number(days) * 86_400_000
  if (ms === undefined || ms <= Date.now())
    throw new WrongUsage(
      `--expires ${text} is ${ms === undefined ? 'no date' : 'in the past'}.`,
      'Write 2027-01-01, a time with its zone, or 90d.',
    )
  return new Date(ms)
}

async function list(door: Door<House>, desk: Desk, { all }: { all?: boolean }): Promise<void> {
  const every = await desk.keys()
  const keys = every.filter((key) => all || isOpen(key))
  const zone = (await door.setting('BURSAR_ZONE')) ?? 'UTC'
  const time = (at: string | null) => (at === null ? '' : localText(Date.parse(at), zone))
  if (keys.length === 0) door.say('No keys. The first is made by `bursar serve`, others by `bursar key create`.')
  else
    door.table(
      keys.map((key) => {
        const ends = key.revokedAt === null ? time(key.expiresAt) : `revoked ${time(key.revokedAt)}`
        const whom = key.parties === 'all' ? 'all' : key.parties.join(' ')
        return [key.id, key.name, `bsr_${key.prefix}…`, key.role, key.principal, time(key.usedAt), ends, whom]
      }),
      ['key', 'name', 'begins', 'role', 'principal', 'last used', 'ends', 'parties'].map((title) => ({ title })),
    )
  door.answer({ keys: every })
}

const isOpen = ({ revokedAt, expiresAt }: ShownKey): boolean =>
  revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now())

async function revoke(door: Door<House>, desk: Desk, texts: readonly string[]): Promise<void> {
  const keys = await desk.keys()
  const found = texts.map((text) => {
    // What stands behind the beginning is a secret: nobody needs it to say which key they mean.
    const key = keys.find(({ id, prefix }) => id === text || text.startsWith(`bsr_${prefix}`))
    if (!key) throw new Refusal(`there is no key ${text.slice(0, 24)}`, 'See `bursar key list`. Nothing was revoked.')
    return key
  })
  const revoked: string[] = []
  for (const { id, name, revokedAt } of found) {
    if (revokedAt === null) {
      await desk.revokeKey(id)
      revoked.push(id)
    }
    door.say(revokedAt === null ? `${id} (${name}) opens nothing any more.` : `${id} was revoked before.`)
  }
  door.answer({ revoked })
}
