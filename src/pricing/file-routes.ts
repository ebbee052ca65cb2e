import { Type } from 'typebox'
import { addTextParser } from '../http/body.ts'
import { callerOf, sendAnswered } from '../http/call.ts'
import { type ApiServer, door } from '../http/door.ts'
import { requireMatch } from '../http/etag.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { bookTag, loadBook, previewPrices, priceProblem, setPricesOnce } from './commands.ts'
import * as contract from './contract.ts'
import { definitionTitle } from './describe.ts'
import { readFile, scopeNames } from './file-commands.ts'
import { shownVersion } from './shown.ts'

const bytesMax = 10 * 1024 * 1024
const ifMatch = { 'if-match': Type.Optional(Type.String({ description: 'the ETag of the list that you looked at' })) }

/** `POST /api/v1/prices/check` and `set`: the price file, as YAML or JSON. */
export function addPriceFileRoutes(server: ApiServer, house: House): void {
  // JSON stays text here too: a price never passes through a float, and a mistake has its line and column.
  void server.register((instance, _, done) => {
    const scope = instance as unknown as ApiServer
    scope.removeContentTypeParser(['application/json', 'application/yaml'])
    addTextParser(instance, ['application/json', 'application/yaml'], (_request, text, parsed) => parsed(null, text))
    addFileDoors(scope, house)
    done()
  })
}

function addFileDoors(server: ApiServer, house: House): void {
  server.post(
    '/api/v1/prices/check',
    door({
      operation: 'prices.check',
      id: 'checkPrices',
      tag: 'pricing',
      summary: 'What setting a price file would change; nothing is written',
      shown: contract.fileBodies,
      bytesMax,
      answers: { 200: contract.PricesChecked },
      problems: ['price-invalid'],
    }),
    async (request) => {
      requireEverything(principalOf(request))
      const wanted = await readFile(house, textOf(request.body))
      const { changes, mistakes } = await previewPrices(house, wanted)
      if (mistakes.length > 0) throw priceProblem(mistakes)
      const nameOf = await scopeNames(house.database.pool)
      return {
        bookRevision: (await loadBook(house.database.pool)).revision,
        changes: changes.map(({ what, version, before, note }) => ({
          what,
          ...shownVersion(version, nameOf),
          before: before ? definitionTitle(before) : null,
          note: note ?? null,
        })),
      }
    },
  )
  server.post(
    '/api/v1/prices/set',
    door({
      operation: 'prices.set',
      id: 'setPrices',
      tag: 'pricing',
      summary: 'Make the price book say what a price file says, all of it or nothing',
      description: 'What is in the book and not in the file stays. What has priced usage never changes.',
      shown: contract.fileBodies,
      headers: ifMatch,
      bytesMax,
      key: 'optional',
      answers: { 200: contract.PricesSet },
      problems: ['price-invalid', 'precondition-failed'],
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      const text = textOf(request.body)
      const header = request.headers['if-match']
      const book = header === undefined ? undefined : Number(/^(?:W\/)?"book-(\d{1,9})"$/.exec(header)?.[1] ?? -1)
      if (book === -1) requireMatch(header, bookTag((await loadBook(house.database.pool)).revision))
      const call = { ...callerOf(request), input: { file: text }, book: book === -1 ? undefined : book }
      const answered = await setPricesOnce(house, call, await readFile(house, text))
      if (answered) return sendAnswered(reply, answered)
      return { revision: (await loadBook(house.database.pool)).revision, versions: [] }
    },
  )
}

function textOf(body: unknown): string {
  if (typeof body === 'string' && body.trim() !== '') return body
  throw new Problem('request-invalid', { detail: 'The body is empty: send a price file as YAML or JSON.' })
}
