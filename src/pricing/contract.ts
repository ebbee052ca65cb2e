import { Type } from 'typebox'
import { pageOf, pageQuery } from '../http/paging.ts'
import { closed, nullable, numberId, oneOf } from '../http/schemas.ts'

const versionFields = {
  kind: oneOf(['price', 'policy', 'discount']),
  service: Type.String(),
  subtype: Type.String({ description: '* for all that have no version of their own' }),
  component: Type.String(),
  for: Type.String({ description: 'everybody, a tier or the name of a party' }),
  validFrom: Type.String(),
  says: Type.String({ description: 'in a line' }),
  definition: Type.Any({ description: 'in full; null: nothing holds from then on' }),
}
export const Price = closed(
  {
    id: numberId('prc'),
    ...versionFields,
    until: nullable(Type.String()),
    state: oneOf(['past', 'now', 'later', 'replaced']),
    used: Type.Boolean({ description: 'it has priced usage, and never changes' }),
    bookRevision: Type.Integer(),
  },
  'Price',
)
export const Prices = pageOf(Price, 'Prices')
export const PricesQuery = closed({
  ...pageQuery,
  service: Type.Optional(Type.String({ maxLength: 100 })),
  all: Type.Optional(Type.Boolean({ description: 'also what held before, will hold, and was replaced' })),
})

const PriceFile = Type.Object(
  {
    prices: Type.Optional(Type.Array(Type.Object({}, { additionalProperties: true }))),
    policies: Type.Optional(Type.Array(Type.Object({}, { additionalProperties: true }))),
    discounts: Type.Optional(Type.Array(Type.Object({}, { additionalProperties: true }))),
  },
  { title: 'PriceFile', additionalProperties: false, description: 'see the guide, chapter prices' },
)
const PriceText = Type.String({ description: 'the price file as YAML', examples: ['prices: []'] })
export const fileBodies = { 'application/yaml': PriceText, 'application/json': PriceFile }

export const PricesChecked = closed(
  {
    bookRevision: Type.Integer(),
    changes: Type.Array(
      closed(
        {
          what: oneOf(['add', 'replace', 'end']),
          ...versionFields,
          before: nullable(Type.String({ description: 'what held until then' })),
          note: nullable(Type.String()),
        },
        'PriceChange',
      ),
      { description: 'empty when the book says so already' },
    ),
  },
  'PricesChecked',
)
export const PricesSet = closed({ revision: Type.Integer(), versions: Type.Array(numberId('prc')) }, 'PricesSet')

const Rate = Type.Unsafe<number | string>({
  type: ['number', 'string'],
  description: 'an amount of zero or more with at most four places, such as 0.5',
  examples: ['0.5'],
})
const Tier = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,39}$',
  description: 'a tier: letters, digits, - and _, at most 40',
  examples: ['mu'],
})
export const FormulaQuery = closed({ type: Tier })
export const Formula = closed(
  {
    type: Type.String(),
    unit: Type.String(),
    rates: Type.Object({ cpu: Type.Number(), gpu: Type.Number(), mem: Type.Number() }),
    currency: Type.String(),
  },
  'Formula',
)
export const FormulaBody = closed({ type: Tier, cpu: Rate, gpu: Rate, mem: Rate }, 'FormulaChange')
export const FormulaSet = closed(
  { ok: Type.Boolean(), updated: Type.Array(Type.String(), { description: 'the rates that changed' }) },
  'FormulaSet',
)
