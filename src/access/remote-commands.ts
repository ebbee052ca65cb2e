import { randomUUID } from 'node:crypto'
import { askOver } from '../terminal/over.ts'
import type { UuidKind } from '../values/id.ts'
import { Refusal } from '../values/refusal.ts'
import { noParty } from './absent.ts'
import type { Desk, Erased, MadeKey, Preview, ShownKey } from './desk-commands.ts'

type Body = { readonly [field: string]: unknown }
type Asked = { readonly method: string; readonly path: string; readonly body?: object }

const listOf = { organisation: 'organisations', project: 'projects', person: 'people', provider: 'providers' } as const

/** The Bursar that was asked knows nothing of that name. */
class NotThere extends Refusal {}

/** Over HTTP, with a key of the Bursar that is asked. */
export function remoteDesk(url: string, secret: string): Desk {
  const ask = (asked: Asked, unsure?: string) => answerOf(url, secret, asked, unsure)
  const named = async (kind: UuidKind, name: string) => {
    for await (const { id, name: own } of items(ask, `/api/v1/${listOf[kind]}`)) if (own === name) return String(id)
    return undefined
  }
  const ofPerson = async (person: string, method: string, more: string, body?: object) => {
    try {
      return await ask({ method, path: `/api/v1/people/${person}${more}`, ...(body && { body }) })
    } catch (error) {
      throw error instanceof NotThere ? noParty('person', person) : error
    }
  }
  return {
    party: named,
    person: async (text) => {
      const found = /^per_[0-9a-f]{32}$/.test(text) ? text : await named('person', text)
      if (found === undefined) throw noParty('person', text)
      return found
    },
    createKey: async ({ expiresAt, principal, ...wanted }) =>
      (await ask(
        {
          method: 'POST',
          path: '/api/v1/keys',
          body: {
            ...wanted,
            ...(principal !== undefined && { principal }),
            ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
          },
        },
        lostKey(wanted.name),
      )) as MadeKey,
    keys: async () => (await Array.fromAsync(items(ask, '/api/v1/keys'))) as unknown as ShownKey[],
    revokeKey: async (id) => {
      await ask({ method: 'DELETE', path: `/api/v1/keys/${id}` })
    },
    link: async (person, name) => (await ofPerson(person, 'POST', '/names', name))['linked'] === true,
    previewErasure: async (person) => (await ofPerson(person, 'DELETE', '?dryRun=true')) as Preview,
    erase: async (person) => (await ofPerson(person, 'DELETE', '')) as Erased,
  }
}

/** The secret is told once: where that answer is lost, the key is of no use. */
const lostKey = (name: string): string =>
  `The key may have been made, and nobody has its secret: where \`bursar key list\` shows a new one called “${name}”, end it with \`bursar key revoke\` and its id, and make another.`

/** All pages of a list. */
async function* items(ask: (asked: Asked) => Promise<Body>, path: string): AsyncGenerator<Body> {
  for (let cursor = ''; ; ) {
    const query = `limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const page = (await ask({ method: 'GET', path: `${path}?${query}` })) as { items: Body[]; next: string | null }
    yield* page.items
    if (page.next === null) return
    cursor = page.next
  }
}

async function answerOf(url: string, secret: string, asked: Asked, unsure?: string): Promise<Body> {
  const key = asked.method === 'GET' ? {} : { key: randomUUID() }
  const { status, body } = await askOver(url, secret, { ...asked, ...key }, unsure)
  if (status < 400) return body
  const { title, detail, issues } = body as {
    title?: string
    detail?: string
    issues?: { field: string; message: string }[]
  }
  const more = issues?.map(({ field, message }) => `${field.replace(/^body\./, '')} ${message}`).join('\n') ?? detail
  const Kind = status === 404 ? NotThere : Refusal
  const remedy = `That is what the Bursar at ${url} says.`
  throw new Kind(more ?? title ?? `${url} answers ${status}`, status < 500 || !unsure ? remedy : `${remedy} ${unsure}`)
}
