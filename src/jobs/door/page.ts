import { type TSchema, Type } from 'typebox'
import { optional } from '../lax/model.ts'
import { int } from '../lax/number.ts'
import { pathAndQuery } from './address.ts'

/** For `parameters`: which part of a list. */
export const pageQuery = {
  page: optional(int({ ge: 1 }), 1),
  page_size: optional(int({ ge: 1, le: 100_000 }), 1000),
}

type Asked = { readonly page: number; readonly page_size: number }

/** How the request was addressed: links lead to where it came to. */
type Addressed = { readonly protocol: string; readonly host: string; readonly url: string }

/** One part of a list with where the others are, for `answer`. */
export const Page = (item: TSchema): TSchema =>
  Type.Object({
    items: Type.Array(item),
    meta: Type.Object({
      page: Type.Integer(),
      page_size: Type.Integer(),
      total_pages: Type.Integer(),
      total_items: Type.Integer(),
    }),
    links: Type.Object({
      self: Type.String(),
      prev: Type.Union([Type.String(), Type.Null()]),
      next: Type.Union([Type.String(), Type.Null()]),
      first: Type.String(),
      last: Type.String(),
    }),
  })

/** No list is longer; PostgreSQL counts no further than a thousand times as much. */
const offsetMax = 10n ** 15n

/** How many come before a page, however far away it is. */
export function offsetOf({ page, page_size: size }: Asked): bigint {
  const offset = BigInt(page - 1) * BigInt(size)
  return offset < offsetMax ? offset : offsetMax
}

/** The page as clients read it; links are those of the request with another page in the place of its own. */
export function pageOf<Item>(addressed: Addressed, asked: Asked, items: readonly Item[], total: number) {
  const { page, page_size: size } = asked
  const pages = Math.ceil(total / size)
  const link = (to: number) => pageLink(addressed, to)
  const last = Math.max(pages, 1)
  return {
    items,
    meta: { page, page_size: size, total_pages: pages, total_items: total },
    links: {
      self: link(page),
      prev: page > 1 ? link(page - 1) : null,
      next: page < last ? link(page + 1) : null,
      first: link(1),
      last: link(last),
    },
  }
}

function pageLink({ protocol, host, url }: Addressed, page: number): string {
  const [path, query = ''] = pathAndQuery(url)
  const parts = query.split('&').filter((part) => part !== '')
  const at = parts.findIndex((part) => part.startsWith('page='))
  const named = `page=${page}`
  const all =
    at < 0
      ? [...parts, named]
      : parts
          .map((part, place) => (place === at ? named : part))
          .filter((part, place) => place === at || !part.startsWith('page='))
  return `${protocol}://${host}${path}?${all.join('&')}`
}
