import { Type } from 'typebox'
import { MeterName } from '../metering/contract.ts'
import { Amounts, closed, meaning, Moment, Name, numberId, oneOf, Quantity } from '../http/schemas.ts'

const Service = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_ .:/+@-]{0,99}$',
  description: 'a name of 1 to 100 letters, digits and . : / + @ _ -',
  examples: ['storage'],
})
const Quantities = Type.Unsafe<Record<string, string>>({
  type: 'object',
  minProperties: 1,
  maxProperties: 50,
  propertyNames: MeterName,
  additionalProperties: Quantity,
  description: 'how much of each meter, such as { "cpu_core_seconds": "7200" }',
  examples: [{ cpu_core_seconds: '7200' }],
})
const Dimensions = Type.Unsafe<Record<string, string>>({
  type: 'object',
  maxProperties: 50,
  propertyNames: MeterName,
  additionalProperties: { type: 'string', maxLength: 1000 },
  description: 'what else is known of it, such as { "queue": "long" }; kept for ever, so no names of people',
})

/** Who used how much of what, and when: the same in a usage record and in the data of a CloudEvent. */
export const usageFields = {
  project: Type.String({ minLength: 1, maxLength: 200, description: 'id or name of the project', examples: ['chem'] }),
  person: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'id or name of a person' })),
  provider: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'id or name of who earns; the source without it' }),
  ),
  service: Service,
  subtype: Type.Optional(Service),
  startsAt: Moment,
  endsAt: Moment,
  measuredAt: Type.Optional(
    meaning(Moment, 'what was measured later stands over what was measured before; now without it'),
  ),
  final: Type.Optional(Type.Boolean({ description: 'false while it still runs: it is charged once it has ended' })),
  quantities: Quantities,
  dimensions: Type.Optional(Dimensions),
}

export const UsageInput = closed(
  {
    id: Type.String({ minLength: 1, maxLength: 200, description: 'unique within the source', examples: ['job-1001'] }),
    source: Type.Optional(meaning(Name, 'who counts; `api` without it', { examples: ['cluster-a'] })),
    ...usageFields,
  },
  'UsageInput',
)
export const recordsMax = 5000
const UsageBatch = closed({ records: Type.Array(UsageInput, { minItems: 1, maxItems: recordsMax }) }, 'UsageBatch')
/** What each is looked at for itself against: a bad record stops no other. */
export const AnyUsage = Type.Object({
  records: Type.Optional(Type.Array(Type.Unknown(), { minItems: 1, maxItems: recordsMax })),
})
export const UsageOneOrMany = Type.Union([UsageInput, UsageBatch])

const UsageOutcome = closed(
  {
    id: Type.String(),
    source: Type.String(),
    outcome: oneOf(['recorded', 'duplicate', 'corrected', 'quarantined']),
    record: Type.Optional(numberId('rec')),
    state: Type.Optional(Type.String({ description: 'charged, accruing, free, unpriced or uncharged' })),
    reason: Type.Optional(
      Type.String({ description: 'why it is not charged, in quarantine, or a duplicate of the same request' }),
    ),
    charged: Type.Optional(Amounts),
  },
  'UsageOutcome',
)
export const UsageAnswer = closed(
  {
    items: Type.Array(UsageOutcome, { description: 'one for each, in the order in which they came' }),
    recorded: Type.Integer(),
    duplicates: Type.Integer(),
    corrected: Type.Integer(),
    quarantined: Type.Integer(),
    charged: Amounts,
  },
  'UsageAnswer',
)
