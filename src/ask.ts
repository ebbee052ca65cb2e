import type { Command } from 'commander'
import { againWith, answered, type Asked, type Told } from './credits/asked-cli.ts'
import type { House } from './operations/house.ts'
import { flagsOf } from './program.ts'
import { type Door, WrongUsage } from './terminal/door.ts'
import { askOver } from './terminal/over.ts'
import type { There } from './terminal/there.ts'

type Remote = { readonly url: string; readonly key: string }

/**
 * Asks a door in the name of whoever sits at the terminal: over HTTP where BURSAR_URL and BURSAR_KEY say of which
 * Bursar and with which key, else on the database, through the same doors.
 */
export async function askDoor(command: Command, door: Door<House>, asked: Asked): Promise<Told> {
  const remote = await remoteOf(door)
  if (remote) return await askRemote(remote, asked)
  const [{ askOwnDoors }, { readSettings }] = await Promise.all([import('./app.ts'), import('./settings.ts')])
  const principal = { name: door.principal, role: 'admin', parties: 'all' } as const
  return await askOwnDoors(await door.house(), readSettings(process.env, flagsOf(command)), principal, asked)
}

/** Which Bursar is to be asked, and with which key; undefined: the one of this database. */
export async function remoteOf(door: Door<House>): Promise<Remote | undefined> {
  const [url, key] = [await door.setting('BURSAR_URL'), await door.setting('BURSAR_KEY')]
  if (url !== undefined && key !== undefined) return { url, key }
  if (url === undefined && key === undefined) return undefined
  const missing = url === undefined ? 'BURSAR_URL' : 'BURSAR_KEY'
  throw new WrongUsage(`${missing} is not set.`, 'Set BURSAR_URL and BURSAR_KEY to ask over HTTP, or neither.')
}

/** The same for commands that only read. */
export async function thereOf(door: Door<House>): Promise<There | undefined> {
  const remote = await remoteOf(door)
  if (!remote) return undefined
  const asked = (path: string) => askRemote(remote, { method: 'GET', path })
  const get = async (path: string) => answered(await asked(path)).body
  return {
    get,
    find: async (path) => {
      const told = await asked(path)
      return told.body['type'] === '/problems/not-found' ? undefined : answered(told).body
    },
    all: async (path) => {
      const items: Told['body'][] = []
      for (let cursor = ''; ; ) {
        const query = `${path.includes('?') ? '&' : '?'}limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
        const page = (await get(path + query)) as { items: Told['body'][]; next: string | null }
        items.push(...page.items)
        if (page.next === null) return items
        cursor = page.next
      }
    },
  }
}

const askRemote = ({ url, key }: Remote, asked: Asked): Promise<Told> =>
  askOver(url, key, asked, asked.key === undefined ? undefined : againWith(asked.key))
