import { Type } from 'typebox'
import { closed, Moment, nullable, Quantity } from '../http/schemas.ts'
import { MeterName } from '../metering/contract.ts'
import { recordsMax, usageFields } from './usage-contract.ts'

const { project, service, startsAt, endsAt, quantities, ...others } = usageFields

/** The data of an event: as a usage record, or in short. */
export const EventData = closed(
  {
    project: Type.Optional(project),
    service: Type.Optional(service),
    startsAt: Type.Optional(startsAt),
    endsAt: Type.Optional(endsAt),
    from: Type.Optional(Moment),
    to: Type.Optional(Moment),
    quantities: Type.Optional(quantities),
    meter: Type.Optional(MeterName),
    value: Type.Optional(Quantity),
    resource: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    ...others,
  },
  'UsageEventData',
)

/** CloudEvents 1.0, where null says that an attribute is absent. Attributes of others are taken as they are. */
export const CloudEvent = Type.Object(
  {
    specversion: Type.Unsafe<'1.0'>({ type: 'string', enum: ['1.0'] }),
    id: Type.String({ minLength: 1, maxLength: 200, examples: ['job-1001'] }),
    source: Type.String({ minLength: 1, maxLength: 200, examples: ['/sites/site-a'] }),
    type: Type.String({ minLength: 1, maxLength: 100, examples: ['storage'] }),
    subject: Type.Optional(
      nullable(Type.String({ maxLength: 401, description: 'project and person, such as /chem/ada' })),
    ),
    time: Type.Optional(nullable(Moment)),
    datacontenttype: Type.Optional(
      nullable(Type.String({ pattern: '^application/json', description: 'application/json: usage comes as JSON' })),
    ),
    dataschema: Type.Optional(nullable(Type.String({ maxLength: 1000 }))),
    data: EventData,
  },
  {
    title: 'CloudEvent',
    additionalProperties: Type.Unsafe<string | number | boolean | null>({
      type: ['string', 'integer', 'boolean', 'null'],
      maxLength: 1000,
    }),
    propertyNames: {
      type: 'string',
      pattern: '^[a-z0-9_]{1,40}$',
      description: 'a word of lower-case letters, digits and _, at most 40',
    },
  },
)
export const CloudEvents = Type.Array(CloudEvent, { minItems: 1, maxItems: recordsMax })
