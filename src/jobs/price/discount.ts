import { Type } from 'typebox'
import { closed } from '../../http/schemas.ts'
import type { Read } from '../lax/lax.ts'
import { model, nullable, optional, ruled } from '../lax/model.ts'
import { moment } from '../lax/moment.ts'
import { decimal } from '../lax/number.ts'
import { uuid } from '../lax/text.ts'
import type { StoredDiscount } from './book.ts'
import { spanFault, spanShape, spanShown } from './span.ts'

export const DiscountForm = ruled(
  model('JobDiscountGiven', {
    vlab_id: uuid(),
    discount: decimal({ ge: 0, le: 1 }),
    valid_from: moment(),
    valid_to: optional(nullable(moment()), null),
  }),
  spanFault,
)
export type DiscountGiven = Read<typeof DiscountForm>

export const Discount = closed(
  {
    vlab_id: Type.String({ format: 'uuid' }),
    discount: Type.String({ description: 'the share that is taken off, 0 to 1' }),
    ...spanShape,
    id: Type.Integer(),
  },
  'JobDiscount',
)

export const discountShown = ({ id, vlab, discount, ...span }: StoredDiscount) => ({
  vlab_id: vlab,
  discount,
  ...spanShown(span),
  id: Number(id),
})
