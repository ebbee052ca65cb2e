import { randomUUID } from 'node:crypto'
import type { House } from '../operations/house.ts'
import { partyNamed } from '../parties/people-commands.ts'
import { type Door, type Register, WrongUsage } from '../terminal/door.ts'
import { idOf, numberOf, parseId, type UuidKind } from '../values/id.ts'
import { momentOf } from '../values/moment.ts'
import { localText } from '../values/period.ts'
import { Refusal } from '../values/refusal.ts'
import { createKey, type KeyRow, keysAfter, revokeKey } from './key-commands.ts'
import { roles } from './roles.ts'
import { shownKey } from './shown.ts'

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

export const key: Register<House> = (command, door) => {
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
    .option('--expires <date>', 'until when it holds: 2027-01-01, or 90d for 90 days')
    .addHelpText('after', createHelp)
    .action((options: CreateOptions) => create(door, options))
  command
    .command('list')
    .description('keys, without their secrets')
    .option('--all', 'those that were revoked or have expired too')
    .action((options: { all?: boolean }) => list(door, options))
  command
    .command('revoke')
    .description('let nobody in with these keys any more')
    .argument('<key...>', 'ids such as key_42, or how the keys begin: bsr_Th9AZxus')
    .action((keys: string[]) => revoke(door, keys))
}

async function create(door: Door<House>, options: CreateOptions): Promise<void> {
  const role = roles.find((each) => each === options.role)
  if (!role) throw new WrongUsage(`--role ${options.role} is no role.`, `Write one of ${roles.join(', ')}.`)
  const house = await door.house()
  const parties = await partiesOf(house, options)
  const expiresAt = options.expires === undefined ? null : expiryOf(options.expires, house.zone)
  const wanted = { name: options.name, role, principal: options.principal, parties, expiresAt }
  const { operation, ...made } = await createKey(house, { principal: door.principal, key: randomUUID() }, wanted)
  door.say(`${made.secret}

That is the key ${made.id}, role ${role}, of ${made.principal}. It is shown this once and kept nowhere.
Send it as \`Authorization: Bearer KEY\`, or as the password of HTTP Basic. It ends with: bursar key revoke ${made.id}`)
  door.answer({ ...made, role, parties, expiresAt: expiresAt?.toISOString() ?? null, operation: `op_${operation}` })
}

async function partiesOf(house: House, options: CreateOptions): Promise<'all' | string[]> {
  const kinds: readonly UuidKind[] = ['organisation', 'project', 'person', 'provider']
  const named = kinds.flatMap((kind) => (options[kind] ?? []).map((text) => ({ kind, text })))
  if (named.length === 0) return 'all'
  const found: string[] = []
  for (const { kind, text } of named) {
    const id = parseId(kind, text)
    if (id) {
      found.push(id)
      continue
    }
    const party = await partyNamed(house.database.pool, kind, text)
    if (party === undefined)
      throw new Refusal(`there is no ${kind} “${text}”`, 'See `bursar parties list`, and `--people` for people.')
    found.push(idOf(kind, party))
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

async function list(door: Door<House>, { all }: { all?: boolean }): Promise<void> {
  const house = await door.house()
  const keys = (await keysAfter(house.database.pool, 0n, 100_000)).filter((row) => all || isOpen(row))
  const time = (at: Date | null) => (at === null ? '' : localText(at.getTime(), house.zone))
  if (keys.length === 0) door.say('No keys. The first is made by `bursar serve`, others by `bursar key create`.')
  else
    door.table(
      keys.map((row) => {
        const { id, prefix, parties } = shownKey(row)
        const ends = row.revoked_at ? `revoked ${time(row.revoked_at)}` : time(row.expires_at)
        const whom = parties === 'all' ? 'all' : parties.join(' ')
        return [id, row.name, `bsr_${prefix}…`, row.role, row.principal, time(row.used_at), ends, whom]
      }),
      ['key', 'name', 'begins', 'role', 'principal', 'last used', 'ends', 'parties'].map((title) => ({ title })),
    )
  door.answer({ keys: keys.map(shownKey) })
}

const isOpen = ({ revoked_at, expires_at }: KeyRow): boolean =>
  revoked_at === null && (expires_at === null || expires_at.getTime() > Date.now())

async function revoke(door: Door<House>, texts: readonly string[]): Promise<void> {
  const house = await door.house()
  const keys = await keysAfter(house.database.pool, 0n, 100_000)
  const found = texts.map((text) => {
    const number = numberOf('key', text)
    // What stands behind the beginning is a secret: nobody needs it to say which key they mean.
    const row = keys.find(({ id, prefix }) => BigInt(id) === number || text.startsWith(`bsr_${prefix}`))
    if (!row) throw new Refusal(`there is no key ${text.slice(0, 24)}`, 'See `bursar key list`. Nothing was revoked.')
    return row
  })
  const revoked: string[] = []
  for (const row of found) {
    const call = { principal: door.principal, key: randomUUID() }
    const operation = await revokeKey(house, call, BigInt(row.id))
    const { id } = shownKey(row)
    if (operation !== undefined) revoked.push(id)
    door.say(operation === undefined ? `${id} was revoked before.` : `${id} (${row.name}) opens nothing any more.`)
  }
  door.answer({ revoked })
}
