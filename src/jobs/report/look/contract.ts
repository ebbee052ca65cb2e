import { Type } from 'typebox'
import { nullable, oneOf } from '../../../http/schemas.ts'
import { Discount } from '../../price/discount.ts'
import { Price, serviceTypes } from '../../price/price.ts'

const id = Type.String({ format: 'uuid' })
const time = Type.String({ format: 'date-time' })
const amount = Type.String()
const units = Type.Integer()

export const OpenJob = Type.Object(
  {
    id,
    vlab_id: id,
    proj_id: id,
    service_subtype: Type.String(),
    started_at: Type.Optional(time),
    last_alive_at: Type.Optional(time),
    created_at: time,
  },
  { title: 'OpenLongrunJob' },
)

export const JobProblem = Type.Object(
  {
    id: Type.String(),
    at: time,
    reason: Type.String(),
    proj_id: id,
    job_id: nullable(id),
    usage: Type.Object({}, { additionalProperties: true, description: 'as it was told' }),
    operation: Type.String({ description: 'op_…' }),
  },
  { title: 'JobProblem' },
)

const Step = Type.Object(
  {
    from: Type.Optional(time),
    to: Type.Optional(time),
    seconds: Type.Optional(Type.Integer()),
    size: Type.Optional(Type.Integer({ description: 'bytes, of storage' })),
    price_id: nullable(Type.Integer()),
    units,
    tiers: Type.Optional(
      Type.Array(
        Type.Object({
          min_quantity: Type.Integer(),
          max_quantity: nullable(Type.Integer()),
          fixed_cost: amount,
          multiplier: amount,
          units,
          amount,
        }),
      ),
    ),
    sum: Type.Optional(amount),
    discount: Type.Optional(nullable(amount)),
    exact: Type.Optional(Type.String({ description: 'before it is rounded to nine places, half to even' })),
    amount,
    formula: Type.String({ description: 'for people' }),
  },
  { title: 'JobCostStep' },
)

const Cost = Type.Object({
  units,
  unit: oneOf(['count', 'instance-seconds', 'byte-seconds'] as const),
  runs: Type.Array(Type.Object({ from: time, to: time, seconds: Type.Integer(), instances: units, units })),
  steps: Type.Array(Step),
  amount,
  remark: nullable(Type.String({ description: 'why another amount was charged' })),
})

export const WholeJobShape = Type.Object(
  {
    id,
    type: oneOf(serviceTypes),
    subtype: Type.String(),
    vlab_id: id,
    proj_id: id,
    user_id: nullable(id),
    group_id: nullable(id),
    name: nullable(Type.String()),
    state: oneOf(['reserved', 'running', 'finished', 'expired', 'cancelled'] as const),
    reserved_at: time,
    started_at: nullable(time),
    last_alive_at: nullable(time),
    finished_at: nullable(time),
    cancelled_at: nullable(time),
    amount: Type.String({ description: 'what was taken for it, less what went back' }),
    reserved: Type.Object({
      amount,
      count: nullable(units),
      duration: nullable(Type.Integer()),
      instances: nullable(Type.Integer()),
      instance_type: nullable(Type.String()),
    }),
    price: Type.Union([Price, Type.Null()]),
    discount: Type.Union([Discount, Type.Null()]),
    cost: Cost,
    events: Type.Array(
      Type.Object({
        status: oneOf(['oneshot', 'started', 'running', 'finished', 'stored'] as const),
        timestamp: Type.Integer(),
        at: time,
        instances: nullable(Type.Integer()),
        count: nullable(units),
        operation: Type.String(),
      }),
    ),
    reservations: Type.Array(
      Type.Object({
        id: Type.String(),
        state: Type.String(),
        amount,
        held: amount,
        charged: amount,
        at: time,
        until: time,
      }),
    ),
    charges: Type.Array(
      Type.Object({
        id: Type.String({ description: 'set_…' }),
        reservation: Type.String({ description: 'res_…' }),
        at: time,
        amount,
        absorbed: Type.String({ description: 'what the house bore, because nothing was left' }),
        transfer: nullable(Type.String()),
        operation: Type.String(),
        refunds: Type.Array(
          Type.Object({ id: Type.String(), at: time, amount, reason: Type.String(), transfer: Type.String() }),
        ),
      }),
    ),
    problems: Type.Array(JobProblem),
  },
  { title: 'WholeJob' },
)
