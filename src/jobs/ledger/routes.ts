import type { TSchema } from 'typebox'
import { mayTouch, principalOf } from '../../http/principal.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { Fault } from '../door/fault.ts'
import { Page, pageOf, pageQuery } from '../door/page.ts'
import type { Lax } from '../lax/lax.ts'
import { parameters } from '../lax/model.ts'
import { uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { ledgerOf } from './commands.ts'
import { type Happening, JournalItem, journalItem, LedgerItem, ledgerItem, type Owner } from './ledger.ts'

type Book = {
  readonly name: 'journal' | 'ledger'
  readonly title: string
  readonly summary: string
  readonly item: TSchema
  readonly shown: (happening: Happening, owner: Owner) => object
}

const books: readonly Book[] = [
  {
    name: 'journal',
    title: 'Journal',
    summary: 'What happened to it, from where to where: the newest first',
    item: JournalItem,
    shown: journalItem,
  },
  {
    name: 'ledger',
    title: 'Ledger',
    summary: 'What happened to it, with the balance after each: the newest first',
    item: LedgerItem,
    shown: ledgerItem,
  },
]

/** Beyond the reference service: what an account went through. */
export function addLedgerDoors(scope: JobScope, parts: JobParts): void {
  for (const book of books) {
    addBook(scope, parts, book, { kind: 'virtual-lab', title: 'Virtual lab', param: 'vlab_id', name: 'VirtualLab' })
    addBook(scope, parts, book, { kind: 'project', title: 'Project', param: 'proj_id', name: 'Project' })
  }
}

type Of = {
  readonly kind: 'virtual-lab' | 'project'
  readonly title: string
  readonly param: string
  readonly name: string
}

function addBook(scope: JobScope, { house, accounts, currency }: JobParts, book: Book, of: Of): void {
  const { kind, title, param, name } = of
  jobDoor(
    scope,
    {
      method: 'GET',
      path: `/${book.name}/${kind}/:${param}`,
      operation: 'jobs.ledger',
      id: `read${name}${book.title}`,
      summary: `${title}: ${book.summary}`,
      params: parameters({ [param]: uuid() }) as Lax<Readonly<Record<string, string>>>,
      query: parameters(pageQuery),
      answer: Page(book.item),
      status: 200,
      message: `${book.title} of ${kind}`,
      faults: [404],
    },
    async ({ params, query }, request) => {
      const found = await accounts.find(params[param] as string)
      if (found?.kind !== kind || !mayTouch(principalOf(request), [found.id, found.parent]))
        throw Fault.notFound(`${title} not found`)
      const { happenings, total } = await ledgerOf(house, found, currency, query)
      const items = happenings.map((each) => book.shown(each, found))
      return pageOf(request, query, items, total)
    },
  )
}
