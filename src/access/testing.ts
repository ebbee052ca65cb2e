import { randomUUID } from 'node:crypto'
import type { TypeBoxProvider } from '../http/door.ts'
import { addGuard } from '../http/guard.ts'
import { openLog } from '../http/log.ts'
import { openMetrics } from '../http/metrics.ts'
import { principalOf } from '../http/principal.ts'
import { openServer, type ServerSettings } from '../http/server.ts'
import type { House } from '../operations/house.ts'
import { Doorkeeper } from './authenticate-commands.ts'
import { createKey, type KeyWanted } from './key-commands.ts'
import type { Memories } from './person-commands.ts'
import { addAccessDoors } from './routes.ts'
import type { TokenReader } from './token-commands.ts'

export type Told = {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    type?: string
    detail?: string
    name: string
    role: string
    parties: string[]
    [field: string]: unknown
  }
}

export type Guarded = {
  readonly url: string
  readonly doorkeeper: Doorkeeper
  /** What went to the log. */
  readonly lines: string[]
  /** Asks `/api/v1/self`, or another door, with this `Authorization`. */
  readonly ask: (authorization?: string, path?: string, init?: RequestInit) => Promise<Told>
  close(): Promise<void>
}

type Wishes = {
  readonly tokens?: TokenReader
  readonly now?: () => number
  readonly memories?: Memories
  readonly server?: Partial<ServerSettings>
}

const noMemories: Memories = {
  erase: async () => ({ records: 0, quarantined: 0, emptied: [] }),
  count: async () => ({ records: 0, quarantined: 0, waiting: 0 }),
}

/** A server behind the real guard, with the doors of this module and one that says who asks. */
export async function openGuarded(house: House, { tokens, now, memories, server }: Wishes = {}): Promise<Guarded> {
  const doorkeeper = new Doorkeeper(house, tokens, now)
  const lines: string[] = []
  const opened = await openServer({
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    trustedProxy: undefined,
    log: openLog('trace', { write: (line) => lines.push(line) }),
    metrics: openMetrics('1', [], () => {}),
    routes(instance) {
      addGuard(instance, doorkeeper)
      instance.get('/api/v1/self', { config: { operation: 'parties.list' } }, async (request) => {
        const { name, role, parties } = principalOf(request)
        return { name, role, parties: parties === 'all' ? parties : [...parties] }
      })
      instance.get('/api/v1/forgotten', async () => 'a door that nobody thought of')
      instance.get('/api/v1/unlisted', { config: { operation: 'nothing.known' } }, async () => 'listed nowhere')
      addAccessDoors(instance.withTypeProvider<TypeBoxProvider>(), {
        house,
        memories: memories ?? noMemories,
        changed: () => doorkeeper.forget(),
      })
    },
    ...server,
  })
  return {
    url: opened.url,
    doorkeeper,
    lines,
    ask: async (authorization, path = '/api/v1/self', init = {}) => {
      const headers = { ...(authorization !== undefined && { authorization }), ...(init.headers as object) }
      const answer = await fetch(`${opened.url}${path}`, { ...init, headers })
      const text = await answer.text()
      const isJson = answer.headers.get('content-type')?.includes('json') ?? false
      return {
        status: answer.status,
        headers: answer.headers,
        body: (isJson ? JSON.parse(text) : { text }) as Told['body'],
      }
    },
    close: () => opened.close(),
  }
}

/** The secret of a new key: of an administrator for everything, where nothing else is wanted. */
export async function newKey(house: House, wanted: Partial<KeyWanted> = {}): Promise<string> {
  const usual = { name: 'a test', role: 'admin', principal: undefined, parties: 'all', expiresAt: null } as const
  return (await createKey(house, { principal: 'tester', key: randomUUID() }, { ...usual, ...wanted })).secret
}
