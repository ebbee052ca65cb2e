import { closed, nullable as shapeOrNull, oneOf } from '../../http/schemas.ts'
import { decimalText } from '../../values/decimal.ts'
import { Type } from 'typebox'
import type { Lax, Read } from '../lax/lax.ts'
import { list, model, nullable, optional, ruled } from '../lax/model.ts'
import { moment } from '../lax/moment.ts'
import { decimal, type Exact } from '../lax/number.ts'
import { uuid, word } from '../lax/text.ts'
import type { StoredPrice } from './book.ts'
import type { JobTier, ServiceType } from './cost.ts'
import { quantity, quantityShown } from './quantity.ts'
import { spanFault, spanShape, spanShown } from './span.ts'
import { legacyFault, subtypeWord, type Subtypes } from './subtype.ts'

export const serviceTypes = ['storage', 'oneshot', 'longrun'] as const satisfies readonly ServiceType[]

const digitsMax = 28
const tiersMax = 1000

/** An amount as it is kept: exact, and no larger than money can be. */
const amount = () =>
  ruled(decimal({ ge: 0 }), ({ digits, places }) => {
    if (digits >= 10n ** BigInt(15 + places)) return 'an amount must be below 1000000000000000'
    return String(digits).replace(/0+$/, '').length > digitsMax
      ? `an amount must have at most ${digitsMax} significant digits`
      : undefined
  })

export const amountText = ({ digits, places }: Exact): string => decimalText(digits, places)

const Tier = model('JobPriceTier', {
  min_quantity: quantity(),
  max_quantity: optional(nullable(quantity()), null),
  fixed_cost: amount(),
  multiplier: amount(),
})
export type TierGiven = Read<typeof Tier>

/** What is asked for, with its tiers in order. */
export type PriceGiven = Read<ReturnType<typeof tieredForm>>

const fieldsOf = (subtypes: Subtypes) => ({
  service_type: word(serviceTypes, { anyCase: true }),
  service_subtype: subtypeWord(subtypes),
  valid_from: moment(),
  valid_to: nullable(moment()),
  vlab_id: nullable(uuid()),
})

const tieredForm = (subtypes: Subtypes) =>
  ruled(
    model('JobPriceGiven', { ...fieldsOf(subtypes), tiers: list(Tier, { min: 1 }) }),
    (given) => spanFault(given) ?? legacyFault(subtypes, given.service_subtype) ?? tiersFault(inOrder(given.tiers)),
  )

const flatForm = (subtypes: Subtypes) =>
  ruled(
    model('JobPriceFlatGiven', { ...fieldsOf(subtypes), fixed_cost: amount(), multiplier: amount() }),
    (given) => spanFault(given) ?? legacyFault(subtypes, given.service_subtype),
  )

/** By tiers, or in the older form, which says what one open tier says. */
export function priceForm(subtypes: Subtypes): Lax<PriceGiven> {
  const [tiered, flat] = [tieredForm(subtypes), flatForm(subtypes)]
  return {
    schema: Type.Union([tiered.schema, flat.schema]),
    read(given, issues) {
      if (!isFlat(given)) return tiered.read(given, issues)
      const { fixed_cost, multiplier, ...more } = flat.read(given, issues) ?? {}
      return { ...more, tiers: [{ min_quantity: 0n, max_quantity: null, fixed_cost, multiplier }] }
    },
  }
}

export const isFlat = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && !('tiers' in body) && ('fixed_cost' in body || 'multiplier' in body)

export const inOrder = (tiers: readonly TierGiven[]): readonly TierGiven[] =>
  [...tiers].sort((a, b) => (a.min_quantity < b.min_quantity ? -1 : a.min_quantity > b.min_quantity ? 1 : 0))

/** What is wrong with tiers in order, the first thing only. */
function tiersFault(tiers: readonly TierGiven[]): string | undefined {
  if (tiers[0]?.min_quantity !== 0n) return 'First tier must start at min_quantity=0'
  if (tiers.slice(0, -1).some((tier) => tier.max_quantity === null))
    return 'Only the last tier can have max_quantity=None'
  if (tiers.some((tier, place) => place > 0 && tier.min_quantity !== tiers[place - 1]?.max_quantity))
    return 'Tiers must be contiguous: each min_quantity must equal the previous max_quantity'
  if (tiers.length > tiersMax) return `A price can have at most ${tiersMax} tiers`
  const last = tiers.at(-1)
  return last?.max_quantity != null && last.max_quantity < last.min_quantity
    ? 'A tier must end where it starts or later: max_quantity is below min_quantity'
    : undefined
}

export const keptTiers = (tiers: readonly TierGiven[], nextId: () => bigint): JobTier[] =>
  tiers.map((tier) => ({
    id: String(nextId()),
    min: String(tier.min_quantity),
    max: tier.max_quantity === null ? null : String(tier.max_quantity),
    fixed: amountText(tier.fixed_cost),
    multiplier: amountText(tier.multiplier),
  }))

/** A price as clients read it; one open tier also in the older form. */
export function priceShown(price: StoredPrice) {
  const tiers = JSON.parse(price.tiers) as JobTier[]
  const [only] = tiers
  const isOne = only?.max === null
  return {
    id: Number(price.id),
    service_type: price.type,
    service_subtype: price.subtype,
    ...spanShown(price),
    vlab_id: price.vlab,
    ...(isOne && { fixed_cost: only.fixed, multiplier: only.multiplier }),
    tiers: tiers.map((tier) => ({
      id: Number(tier.id),
      min_quantity: quantityShown(tier.min),
      max_quantity: tier.max === null ? null : quantityShown(tier.max),
      fixed_cost: tier.fixed,
      multiplier: tier.multiplier,
    })),
  }
}

/** Whoever gives a price by tiers reads it by tiers alone: clients may know no other fields. */
export function priceEchoed(price: StoredPrice, isFlat: boolean) {
  const { fixed_cost, multiplier, ...tiered } = priceShown(price)
  return isFlat ? { ...tiered, fixed_cost, multiplier } : tiered
}

export const Price = closed(
  {
    id: Type.Integer(),
    service_type: oneOf(serviceTypes),
    service_subtype: Type.String(),
    ...spanShape,
    vlab_id: shapeOrNull(Type.String({ format: 'uuid', description: 'null: for all that have no price of their own' })),
    fixed_cost: Type.Optional(Type.String({ description: 'where there is one tier, without an end' })),
    multiplier: Type.Optional(Type.String({ description: 'where there is one tier, without an end' })),
    tiers: Type.Array(
      closed({
        id: Type.Integer(),
        min_quantity: Type.Integer(),
        max_quantity: shapeOrNull(Type.Integer()),
        fixed_cost: Type.String({ description: 'once, when a job reaches this tier' }),
        multiplier: Type.String({ description: 'for each unit in this tier' }),
      }),
    ),
  },
  'JobPrice',
)
