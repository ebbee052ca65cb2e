import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { afterOf, limitOf, numberPart, pageFrom } from '../http/paging.ts'
import { principalOf } from '../http/principal.ts'
import { orNotFound, Problem } from '../http/problem.ts'
import { numberId } from '../http/schemas.ts'
import * as contract from './contract.ts'
import type { House } from './house.ts'
import { operationById, type OperationItem, operationsPage } from './listing/sql.ts'

/** `GET /api/v1/operations`: the audit record. Whoever sees some parties only, sees what they did themselves. */
export function addOperationRoutes(server: ApiServer, house: House): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/operations',
    door({
      operation: 'operations.list',
      id: 'listOperations',
      tag: 'operations',
      summary: 'Who did what, newest first',
      query: contract.OperationsQuery,
      answers: { 200: contract.Operations },
    }),
    async (request) => {
      const { query } = request
      const { parties, name } = principalOf(request)
      if (parties !== 'all' && query.principal !== undefined && query.principal !== name)
        return { items: [], next: null }
      const found = await operationsPage(reader, {
        principal: parties === 'all' ? (query.principal ?? null) : name,
        command: query.command ?? null,
        before: afterOf(query, numberPart)?.[0] ?? null,
        limit: limitOf(query),
      })
      return pageFrom(found, query, ({ id }) => [id], shown)
    },
  )
  server.get(
    '/api/v1/operations/:operation',
    door({
      operation: 'operations.list',
      id: 'readOperation',
      tag: 'operations',
      summary: 'One operation, with its answer',
      params: Type.Object({ operation: numberId('op') }),
      answers: { 200: contract.OperationRead },
      problems: ['not-found'],
    }),
    async (request) => {
      const { parties, name } = principalOf(request)
      const found = orNotFound(await operationById(reader, BigInt(request.params.operation.slice(3))))
      if (parties !== 'all' && found.principal !== name) throw new Problem('not-found')
      return {
        ...shown(found),
        answer: JSON.parse(found.answer) as unknown,
        wrote: JSON.parse(found.digests) as Record<string, { rows: number; sha256: string }>,
      }
    },
  )
}

const shown = ({ id, principal, idempotency_key, command, status, at }: OperationItem) => ({
  id: `op_${id}`,
  principal,
  key: idempotency_key,
  command,
  status,
  at: at.toISOString(),
})
