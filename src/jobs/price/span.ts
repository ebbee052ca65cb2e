import { Type } from 'typebox'
import { nullable } from '../../http/schemas.ts'
import { type Micros, microsText } from '../lax/moment.ts'
import type { Span } from './book.ts'

export type SpanGiven = { readonly valid_from: Micros; readonly valid_to: Micros | null }

export const spanFault = ({ valid_from, valid_to }: SpanGiven): string | undefined =>
  valid_to !== null && valid_to <= valid_from ? 'valid_to must be greater than valid_from' : undefined

export const spanOf = ({ valid_from, valid_to }: SpanGiven): Span => ({ from: valid_from, to: valid_to })

export const spanShown = ({ from, to }: Span) => ({
  valid_from: microsText(from),
  valid_to: to === null ? null : microsText(to),
})

export const spanShape = {
  valid_from: Type.String({ format: 'date-time' }),
  valid_to: nullable(Type.String({ format: 'date-time' })),
}
