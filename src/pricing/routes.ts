import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { sendTagged } from '../http/etag.ts'
import { afterOf, noCursor, numberPart, pageFrom } from '../http/paging.ts'
import { principalOf } from '../http/principal.ts'
import { orNotFound } from '../http/problem.ts'
import { numberId } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import { scopeOf } from '../parties/scope-commands.ts'
import { numbered } from '../values/id.ts'
import { bookTag } from './commands.ts'
import * as contract from './contract.ts'
import { addPriceFileRoutes } from './file-routes.ts'
import { addFormulaRoutes } from './formula-routes.ts'
import { holdsNow, type ReadBook, readBook } from './read-commands.ts'

/** `GET /api/v1/prices`, the price file, and `/formula`. */
export function addPricingRoutes(server: ApiServer, house: House): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/prices',
    door({
      operation: 'prices.list',
      id: 'listPrices',
      tag: 'pricing',
      summary: 'Prices, policies and discounts that hold now',
      description: 'The ETag is that of the whole book: send it as If-Match with a price file.',
      query: contract.PricesQuery,
      answers: { 200: contract.Prices },
    }),
    async (request, reply) => {
      const { query } = request
      const book = await readBook(reader, await scopeOf(reader, principalOf(request)))
      const shown = versionsAfter(book, afterOf(query, numberPart)?.[0])
        .filter((held) => query.all === true || holdsNow(held))
        .filter(({ version }) => query.service === undefined || version.service === query.service)
      const page = pageFrom(shown, query, ({ version }) => [String(version.id)], book.show)
      return reply.header('etag', bookTag(book.revision)).send(page)
    },
  )
  server.get(
    '/api/v1/prices/:price',
    door({
      operation: 'prices.read',
      id: 'readPrice',
      tag: 'pricing',
      summary: 'One version of a price, policy or discount',
      params: Type.Object({ price: numberId('prc') }),
      answers: { 200: contract.Price },
      problems: ['not-found'],
    }),
    async (request, reply) => {
      const book = await readBook(reader, await scopeOf(reader, principalOf(request)))
      const wanted = request.params.price
      const held = orNotFound(book.versions.find(({ version }) => numbered('price', version.id) === wanted))
      return sendTagged(request, reply, book.show(held))
    },
  )
  addPriceFileRoutes(server, house)
  addFormulaRoutes(server, house)
}

/** A version stays in the book, in its place among the others, also when it holds no more: so its id says where to go on. */
function versionsAfter({ versions }: ReadBook, id: string | undefined): ReadBook['versions'] {
  if (id === undefined) return versions
  const place = versions.findIndex(({ version }) => String(version.id) === id)
  if (place < 0) throw noCursor()
  return versions.slice(place + 1)
}
