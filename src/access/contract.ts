import { Type } from 'typebox'
import { pageOf, pageQuery } from '../http/paging.ts'
import { closed, Moment, Name, nullable, numberId, oneOf, partyId } from '../http/schemas.ts'
import { states } from './approval.ts'
import { roles } from './roles.ts'

const PartyId = Type.String({
  pattern: '^(org|prj|per|prv)_[0-9a-f]{32}$',
  description: 'an id of a party: org_…, prj_…, per_… or prv_… and 32 hexadecimal digits',
})

const Parties = Type.Unsafe<'all' | string[]>({
  anyOf: [{ const: 'all' }, { type: 'array', items: PartyId, minItems: 1, maxItems: 100 }],
  description: 'the parties that it may look at and act for, or "all"; an organisation includes its projects',
})

export const KeyRequest = closed(
  {
    name: Name,
    role: oneOf(roles, { description: 'what it may do' }),
    parties: Type.Optional(Parties),
    principal: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$',
        description:
          'a word of 1 to 100 letters, digits, . _ @ and -; whose key it is. Keys of one principal share their idempotency keys, so a key can be replaced by another; without it, one made from the name',
      }),
    ),
    expiresAt: Type.Optional(Moment),
  },
  'KeyRequest',
)

const told = {
  id: numberId('key'),
  name: Type.String(),
  prefix: Type.String({ description: 'how the key begins, behind bsr_' }),
  principal: Type.String(),
  role: oneOf(roles),
  parties: Parties,
  createdAt: Moment,
  expiresAt: nullable(Moment),
}
const Key = closed({ ...told, revokedAt: nullable(Moment), usedAt: nullable(Moment) }, 'Key')
export const NewKey = closed(
  {
    id: numberId('key'),
    prefix: Type.String(),
    principal: Type.String(),
    secret: Type.String({ description: 'the key itself: shown this once, and kept nowhere' }),
  },
  'NewKey',
)
export const Keys = pageOf(Key, 'Keys')
export const KeysQuery = closed(pageQuery)
export const KeyParams = Type.Object({ key: numberId('key') })

export const PersonParams = Type.Object({ person: partyId('per') })
export const NameLink = closed(
  {
    source: Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'where the person is called so: slurm:lab, api:portal for usage that is sent as “portal”, ' +
        'jwt:https://login.example.org, or * for anywhere',
    }),
    name: Name,
  },
  'NameLink',
)
export const Linked = closed({ person: partyId('per'), linked: Type.Boolean() }, 'Linked')
export const Erased = closed(
  {
    person: partyId('per'),
    records: Type.Integer({ description: 'usage records that no longer hold what their source said' }),
    quarantined: Type.Integer({ description: 'rows of quarantine that were emptied' }),
    keys: Type.Integer({ description: 'keys that were revoked' }),
    dryRun: Type.Optional(Type.Boolean({ description: 'true where nothing was erased' })),
    waiting: Type.Optional(
      Type.Integer({ description: 'of the rows of quarantine, those that could still be charged' }),
    ),
    names: Type.Optional(Type.Array(Type.String(), { description: 'what would be erased' })),
  },
  'Erased',
)
export const EraseQuery = closed({ dryRun: Type.Optional(Type.Boolean({ description: 'say what would be erased' })) })

export const Nothing = Type.Null({ description: 'done; there is nothing to say' })

const approval = {
  id: numberId('apr'),
  state: oneOf(states),
  operation: Type.String({ description: 'what was asked for, such as credits.grant' }),
  proposedBy: Type.String(),
  proposedAt: Moment,
  request: closed({ method: Type.String(), path: Type.String(), body: nullable(Type.String()) }),
  decidedBy: nullable(Type.String()),
  decidedAt: nullable(Moment),
  reason: nullable(Type.String()),
}
export const Approval = closed(approval, 'Approval')
export const Approvals = pageOf(Approval, 'Approvals')
export const ApprovalsQuery = closed({ ...pageQuery, state: Type.Optional(oneOf(states)) })
export const ApprovalParams = Type.Object({ approval: numberId('apr') })
/** A yes or no needs no words. */
export const DecisionBody = nullable(
  closed(
    { reason: Type.Optional(Type.String({ pattern: '\\S', maxLength: 1000, description: 'a reason, not blank' })) },
    'DecisionBody',
  ),
)
export const CarriedOut = closed(
  {
    ...approval,
    answer: Type.Unknown({ description: 'what the request was answered' }),
    answeredBy: nullable(Type.String({ description: 'the operation that it became' })),
  },
  'CarriedOut',
)
