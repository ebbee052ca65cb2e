import { Type } from 'typebox'
import { pageOf, pageQuery } from '../http/paging.ts'
import { closed, numberId } from '../http/schemas.ts'

const fields = {
  id: numberId('op'),
  principal: Type.String({ description: 'who asked' }),
  key: Type.String({ description: 'its idempotency key' }),
  command: Type.String(),
  status: Type.Integer(),
  at: Type.String(),
}
const Operation = closed(fields, 'Operation')
export const Operations = pageOf(Operation, 'Operations')
export const OperationRead = closed(
  {
    ...fields,
    answer: Type.Any({ description: 'what was answered' }),
    wrote: Type.Record(Type.String(), Type.Object({ rows: Type.Integer(), sha256: Type.String() }), {
      description: 'for each table, how many rows it wrote and their digest',
    }),
  },
  'OperationRead',
)
export const OperationsQuery = closed({
  ...pageQuery,
  principal: Type.Optional(Type.String({ maxLength: 200 })),
  command: Type.Optional(Type.String({ maxLength: 100 })),
})
