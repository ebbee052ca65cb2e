import { type TSchema, Type } from 'typebox'
import { Problem } from './problem.ts'
import { nullable } from './schemas.ts'

const limitMax = 1000

/** Every list is read in pages: the query of one, to be spread into the query of a door. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limitMax, description: 'how many at the most', default: 100 }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1000, description: 'the `next` of the page before, as it was given' }),
  ),
}

/** `{ "items": [...], "next": "cursor" | null }` */
export const pageOf = <Item extends TSchema>(item: Item, title: string) =>
  Type.Object(
    {
      items: Type.Array(item),
      next: nullable(Type.String({ description: 'the cursor of the next page; null at the end' })),
    },
    { title },
  )

type Asked = { readonly limit?: number | undefined; readonly cursor?: string | undefined }
type Key = readonly (string | number)[]

export const limitOf = ({ limit }: Asked): number => limit ?? 100

/** Opaque to callers: where the page before ended. */
const cursorOf = (key: Key): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** The key after which the page begins, undefined for the first page. Each part is as its pattern says. */
export function afterOf(asked: Asked, ...patterns: readonly RegExp[]): string[] | undefined {
  if (asked.cursor === undefined) return undefined
  let key: unknown
  try {
    key = JSON.parse(Buffer.from(asked.cursor, 'base64url').toString())
  } catch {
    throw noCursor()
  }
  if (!Array.isArray(key) || key.length !== patterns.length) throw noCursor()
  const parts = key.map(String)
  if (!patterns.every((pattern, index) => pattern.test(parts[index] as string))) throw noCursor()
  return parts
}

export function noCursor(): Problem {
  const message = 'is no cursor of this list: send the `next` of its last page, or leave it out'
  return new Problem('request-invalid', { issues: [{ field: 'query.cursor', message }] })
}

/** The parts of most cursors. */
export const numberPart = /^[0-9]{1,18}$/
export const textPart = /^[^\0]{0,300}$/s

/** Ask the database for one more than the limit: whether it comes tells whether there is a next page. */
export function pageFrom<Row, Item>(
  found: readonly Row[],
  asked: Asked,
  keyOf: (row: Row) => Key,
  render: (row: Row) => Item,
): { items: Item[]; next: string | null } {
  const limit = limitOf(asked)
  const last = found[limit - 1]
  const next = found.length > limit && last !== undefined ? cursorOf(keyOf(last)) : null
  return { items: found.slice(0, limit).map(render), next }
}
