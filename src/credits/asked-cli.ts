import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import type { House } from '../operations/house.ts'
import type { Door } from '../terminal/door.ts'
import { refusedText } from '../terminal/told.ts'
import { Refusal, WrongUsage } from '../values/refusal.ts'

export type Asked = {
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly key?: string
}
export type Told = { readonly status: number; readonly body: { readonly [member: string]: unknown } }
/** Asks a door in the name of whoever sits at the terminal. */
export type Ask = (command: Command, door: Door<House>, asked: Asked) => Promise<Told>

export type Row = Readonly<Record<string, string>>
export type Money = { currency?: string; dryRun?: true; key?: string }

export const payerText = 'who pays: prj_…, org_…, per_…, or the name of a project'
export const right = (title: string) => ({ title, align: 'right' as const })
export const part = encodeURIComponent

export const moneyOptions = (command: Command): Command =>
  changeOptions(command.option('--currency <code>', 'CREDIT without it'))

export const changeOptions = (command: Command): Command =>
  command
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--key <key>', 'the same key again is the same request again; a new one without it')

export const done = (dryRun: true | undefined): string => (dryRun ? 'Nothing was changed. Without --dry-run: ' : '')
export const bodyOf = ({ currency, dryRun }: Money) => ({
  ...(currency !== undefined && { currency }),
  ...(dryRun && { dryRun }),
})
export const keyOf = ({ key }: Money) => (key === undefined ? {} : { key })

/** Sends a money command; answers what came back, or undefined when it waits for a second person. */
export async function send(
  ask: Ask,
  command: Command,
  door: Door<House>,
  { method, path, body, key = randomUUID() }: Asked,
): Promise<Row | undefined> {
  const told = answered(await ask(command, door, { method, path, key, ...(body && { body }) }), key)
  door.answer(told.body)
  if (told.status !== 202) return told.body as Row
  door.say(`It waits for a second person: ${String(told.body['id'])}`)
  door.say('Next: somebody else says yes or no with `bursar approval`.')
  return undefined
}

/**
 * @param key under which it was asked: what failed at a server may have been done, and is done once for its key
 * @throws Refusal, WrongUsage that say what the door refused
 */
export function answered(told: Told, key?: string): Told {
  const { status, body } = told
  if (status < 400) return told
  const refused = refusedText(body, status)
  if (status === 400) throw new WrongUsage(refused, 'Nothing was changed.')
  if (status < 500) throw new Refusal(refused, 'Nothing was changed.')
  throw new Refusal(refused, key === undefined ? 'Ask again later.' : againWith(key))
}

export const againWith = (key: string): string => `Ask the same again, with the same effect: --key ${key}`

/** The items of a list that a door answers. */
export async function list(ask: Ask, command: Command, door: Door<House>, path: string): Promise<readonly Row[]> {
  const { body } = answered(await ask(command, door, { method: 'GET', path }))
  door.answer(body)
  return body['items'] as readonly Row[]
}
