import { Type } from 'typebox'
import { Payer } from '../credits/contract.ts'
import { wantedOf } from '../credits/wanted-commands.ts'
import { type ApiServer, door } from '../http/door.ts'
import { pageFrom, pageOf, pageQuery } from '../http/paging.ts'
import { principalOf } from '../http/principal.ts'
import { closed, Currency, numberId } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import type { Directory } from '../parties/directory-commands.ts'
import { idOf, numbered } from '../values/id.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import { type RefundItem, refundsPage } from './refund/sql.ts'

const Refund = closed(
  {
    id: numberId('ref'),
    charge: Type.String({ description: 'set_… or chg_…' }),
    payer: Type.String(),
    at: Type.String({ description: 'a time of RFC 3339' }),
    currency: Currency,
    amount: Type.String({ description: 'below zero where a correction took it back' }),
    reason: Type.String(),
    transfer: numberId('trf'),
    operation: numberId('op'),
  },
  'Refund',
)
const Refunds = pageOf(Refund, 'Refunds')
const RefundsQuery = closed({ ...pageQuery, payer: Type.Optional(Payer), currency: Type.Optional(Currency) })

/** `GET /api/v1/refunds` */
export function addRefundList(server: ApiServer, house: House, directory: Directory): void {
  server.get(
    '/api/v1/refunds',
    door({
      operation: 'credits.read',
      id: 'listRefunds',
      tag: 'credits',
      summary: 'What was given back, newest first',
      query: RefundsQuery,
      answers: { 200: Refunds },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const wanted = await wantedOf(principalOf(request), directory, query)
      return pageFrom(await refundsPage(house.database.pool, wanted), query, ({ id }) => [id], shownRefund)
    },
  )
}

const shownRefund = (row: RefundItem) => ({
  id: numbered('refund', row.id) as string,
  charge: (row.settlement === null
    ? numbered('charge', row.charge ?? '')
    : numbered('settlement', row.settlement)) as string,
  payer: idOf(row.payer_kind, row.payer) as string,
  at: row.at.toISOString(),
  currency: row.currency,
  amount: nanosText(nanosFrom(row.amount)),
  reason: row.reason,
  transfer: numbered('transfer', row.transfer) as string,
  operation: numbered('operation', row.operation) as string,
})
