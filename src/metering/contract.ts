import { Type } from 'typebox'
import { pageOf, pageQuery } from '../http/paging.ts'
import { closed, nullable, numberId, oneOf, partyId, Period } from '../http/schemas.ts'

export const MeterName = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,62}$',
  description: 'a word of lower-case letters, digits and _, at most 63',
  examples: ['storage_byte_seconds'],
})
const Words = Type.String({ minLength: 1, maxLength: 200 })
export const MeterBody = closed(
  {
    kind: oneOf(['counter', 'level', 'event'], { description: 'counts up, is held for a time, or happens' }),
    unit: Words,
    description: Words,
  },
  'MeterDeclaration',
)
export const Meter = closed(
  {
    name: Type.String(),
    kind: Type.String({ description: 'counter, level or event' }),
    unit: Type.String(),
    description: Type.String(),
  },
  'Meter',
)
export const Meters = closed({ items: Type.Array(Meter), next: nullable(Type.String()) }, 'Meters')

const Texts = Type.Record(Type.String(), Type.String())
const recordFields = {
  id: numberId('rec'),
  source: Type.String(),
  externalId: Type.String({ description: 'what its source calls it' }),
  version: Type.Integer({ description: 'counts the corrections of this usage' }),
  project: partyId('prj'),
  person: nullable(partyId('per')),
  provider: partyId('prv'),
  service: Type.String(),
  subtype: Type.String(),
  startsAt: Type.String(),
  endsAt: Type.String(),
  measuredAt: Type.String(),
  final: Type.Boolean({ description: 'false while it still runs: such usage is not charged yet' }),
  period: Period,
  quantities: Texts,
  dimensions: Texts,
  operation: numberId('op'),
}
const UsageRecord = closed(recordFields, 'UsageRecord')
export const UsageRecords = pageOf(UsageRecord, 'UsageRecords')
export const UsageRecordVersion = closed(
  { ...recordFields, standing: Type.Boolean({ description: 'false when a newer version stands in its place' }) },
  'UsageRecordVersion',
)
export const RecordsQuery = closed({
  ...pageQuery,
  project: Type.Optional(Type.String({ maxLength: 200, description: 'id or name of a project' })),
  source: Type.Optional(Type.String({ maxLength: 300 })),
  period: Type.Optional(Period),
})

const Waiting = closed(
  {
    id: numberId('qua'),
    at: Type.String(),
    source: Type.String(),
    door: Type.String(),
    origin: Type.String({ description: 'the file, or the id that the source gave' }),
    line: Type.Integer(),
    reason: Type.String(),
    raw: Type.Optional(Type.String({ description: 'as it came; may hold personal data' })),
    dismissed: Type.Optional(
      Type.Object({ operation: numberId('op'), reason: Type.String() }, { description: 'which operation, and why' }),
    ),
  },
  'QuarantinedRow',
)
export const WaitingRows = pageOf(Waiting, 'QuarantinedRows')
export const QuarantineQuery = closed({
  ...pageQuery,
  raw: Type.Optional(Type.Boolean({ description: 'show the rows as they came, too' })),
  dismissed: Type.Optional(Type.Boolean({ description: 'what was dismissed, instead of what waits' })),
})
export const DismissBody = closed(
  {
    ids: Type.Array(numberId('qua'), { minItems: 1, maxItems: 1000 }),
    reason: Type.String({
      pattern: '\\S',
      maxLength: 500,
      description: 'the reason, not blank: it stands in the audit record',
    }),
  },
  'QuarantineDismissal',
)
export const Dismissed = closed({ dismissed: Type.Integer(), reason: Type.String() }, 'QuarantineDismissed')
