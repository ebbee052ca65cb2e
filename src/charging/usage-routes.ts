import type { FastifyReply, FastifyRequest } from 'fastify'
import { keyOf, tellOperation } from '../http/call.ts'
import { type ApiServer, door } from '../http/door.ts'
import { issuesOf } from '../http/issues.ts'
import { principalOf } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { numbered } from '../values/id.ts'
import type { Gathering } from './gather-commands.ts'
import type { Memory } from './memory-commands.ts'
import { recordUsage, type Recorded, type UsageCall } from './usage-commands.ts'
import * as contract from './usage-contract.ts'
import { type Given, sourceOf, usageDoor, type UsageGiven } from './usage.ts'

export type UsageParts = {
  readonly house: House
  readonly unknown: 'create' | 'quarantine'
  readonly memory: Memory
  readonly gathering: Gathering
  /** Hears of each page: how many of which source, and what it came to. */
  readonly count: (recorded: Recorded) => void
}

/** `POST /api/v1/usage`: one record, or up to 5,000. */
export function addUsageRoutes(server: ApiServer, parts: UsageParts): void {
  server.post(
    '/api/v1/usage',
    door({
      operation: 'usage.record',
      id: 'recordUsage',
      tag: 'charging',
      summary: 'Record usage, and charge it: one record, or many as { "records": [...] }',
      description:
        'Each is answered for itself. What was said before is a duplicate; what is said otherwise and measured later ' +
        'corrects it. Of many, one that cannot be read goes to quarantine with its reason and stops no other. With a key ' +
        'for some parties, usage of others is answered as that of a project that is not there, and is not kept.',
      body: contract.AnyUsage,
      shown: { 'application/json': contract.UsageOneOrMany },
      bytesMax: 16 * 1024 * 1024,
      key: 'optional',
      answers: { 200: contract.UsageAnswer },
      problems: ['not-found'],
    }),
    async (request, reply) => {
      const read = usageReader(request)
      const { records } = request.body
      const given = records
        ? records.map((raw, index) => givenOf(raw, read(raw), `body.records.${index}`))
        : [single(request.body, read(request.body))]
      return await answerUsage(request, reply, parts, given, usageDoor)
    },
  )
}

/** What is wrong with a record, as an issue for each field; none when nothing is. */
function usageReader(request: FastifyRequest): (raw: unknown) => ReturnType<typeof issuesOf> {
  const validate = request.compileValidationSchema(contract.UsageInput, 'body')
  return (raw) => (validate(raw) ? [] : issuesOf((validate.errors ?? []) as never, 'body'))
}

function single(raw: unknown, issues: ReturnType<typeof issuesOf>): Given {
  if (issues.length > 0) throw new Problem('request-invalid', { issues })
  return givenOf(raw, [], 'body')
}

function givenOf(raw: unknown, issues: ReturnType<typeof issuesOf>, field: string): Given {
  const { id, source } = (typeof raw === 'object' && raw !== null ? raw : {}) as { id?: unknown; source?: unknown }
  const reason = issues.map((issue) => `${issue.field.replace(/^body\.?/, '')} ${issue.message}`.trim()).join('; ')
  return {
    raw,
    id: typeof id === 'string' ? id.slice(0, 200) : '-',
    source: sourceOf(typeof source === 'string' && source !== '' ? source.slice(0, 200) : undefined),
    usage: issues.length === 0 ? (raw as UsageGiven) : undefined,
    reason: issues.length === 0 ? undefined : reason,
    field,
  }
}

/** Records what a door has read, and tells what became of each. */
export async function answerUsage(
  request: FastifyRequest,
  reply: FastifyReply,
  { house, unknown, memory, gathering, count }: UsageParts,
  given: readonly Given[],
  doorName: string,
) {
  const call: UsageCall = {
    principal: principalOf(request),
    key: keyOf(request),
    door: doorName,
    unknown,
    now: Date.now(),
  }
  const recorded = await recordUsage(house, call, given, { memory, gathering })
  count(recorded)
  if (recorded.result.answered) tellOperation(reply, recorded.result.answered.operation)
  const items = recorded.items.map(({ externalId, source, record, net: _, ...rest }) => ({
    id: externalId,
    source: source.slice('api:'.length),
    ...rest,
    ...(record !== undefined && { record: numbered('record', record) as string }),
  }))
  const of = (outcome: string) => items.filter((item) => item.outcome === outcome).length
  return {
    items,
    recorded: of('recorded'),
    duplicates: of('duplicate'),
    corrected: of('corrected'),
    quarantined: of('quarantined'),
    charged: recorded.charged,
  }
}
