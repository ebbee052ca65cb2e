import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type ApiServer, door, mediaTypeOf } from '../http/door.ts'
import { type Issue, issuesOf } from '../http/issues.ts'
import { Problem } from '../http/problem.ts'
import * as contract from './event-contract.ts'
import { eventDoor, eventOfHeaders, usageOfEvent } from './event.ts'
import { recordsMax, UsageAnswer, UsageInput } from './usage-contract.ts'
import { answerUsage, type UsageParts } from './usage-routes.ts'
import { type Given, sourceOf } from './usage.ts'

const structured = 'application/cloudevents+json'
const batch = 'application/cloudevents-batch+json'

/** `POST /api/v1/events`: usage as CloudEvents 1.0, one (structured or binary) or a batch. */
export function addEventRoutes(server: ApiServer, parts: UsageParts): void {
  const attribute = (description: string) => Type.Optional(Type.String({ description }))
  server.post(
    '/api/v1/events',
    door({
      operation: 'usage.record',
      id: 'recordEvents',
      tag: 'charging',
      summary: 'Record usage that comes as CloudEvents 1.0, and charge it',
      description:
        'Structured, as a batch, or binary: the attributes as `ce-` headers and the data as the body. An event is known ' +
        'by its source and id; the same again is a duplicate. Of a batch, an event that cannot be read goes to quarantine.',
      shown: {
        [structured]: contract.CloudEvent,
        [batch]: contract.CloudEvents,
        'application/json': contract.EventData,
      },
      headers: {
        'ce-id': attribute('in binary mode: its id; likewise ce-source, ce-type, ce-specversion, ce-time, …'),
      },
      bytesMax: 16 * 1024 * 1024,
      key: 'optional',
      answers: { 200: UsageAnswer },
      problems: ['not-found'],
    }),
    async (request, reply) => {
      const given = givenIn(request)
      return await answerUsage(request, reply, parts, given, eventDoor)
    },
  )
}

function givenIn(request: FastifyRequest): Given[] {
  const type = mediaTypeOf(request)
  const read = eventReader(request)
  if (type === batch) {
    if (!Array.isArray(request.body) || request.body.length === 0 || request.body.length > recordsMax) {
      const message = `must be a list of 1 to ${recordsMax} events`
      throw new Problem('request-invalid', { issues: [{ field: 'body', message }] })
    }
    return request.body.map((event: unknown, index) => given(event, read(event), `body.${index}`))
  }
  if (type !== structured && request.headers['ce-id'] === undefined) {
    const detail = `Send one event as ${structured}, many as ${batch}, or the attributes of one as ce- headers.`
    throw new Problem('request-invalid', { detail, issues: [{ field: 'header.ce-id', message: 'is missing' }] })
  }
  const event = type === structured ? request.body : eventOfHeaders(request.headers, request.body)
  const found = read(event)
  const issues = found.issues.map(({ field, message }) => ({ field: `body.${field}`, message }))
  if (issues.length > 0) throw new Problem('request-invalid', { issues })
  return [given(event, found, 'body')]
}

type ReadEvent = { readonly usage: Given['usage']; readonly issues: readonly Issue[] }

function eventReader(request: FastifyRequest): (event: unknown) => ReadEvent {
  const envelope = request.compileValidationSchema(contract.CloudEvent, 'body')
  const usage = request.compileValidationSchema(UsageInput, 'body')
  const plain = (faults: unknown) =>
    issuesOf((faults ?? []) as never, 'body').map(({ field, message }) => ({
      field: field.replace(/^body\.?/, ''),
      message,
    }))
  return (event) => {
    if (!envelope(event)) return { usage: undefined, issues: plain(envelope.errors) }
    const unkept = Object.entries(event as object).find(
      ([, value]) => typeof value === 'string' && value.includes('\0'),
    )
    if (unkept) return { usage: undefined, issues: [{ field: unkept[0], message: 'holds a NUL character: remove it' }] }
    const found = usageOfEvent(event as Parameters<typeof usageOfEvent>[0])
    if (found.issues.length > 0) return { usage: undefined, issues: found.issues }
    return usage(found.usage) ? found : { usage: undefined, issues: plain(usage.errors) }
  }
}

function given(event: unknown, { usage, issues }: ReadEvent, field: string): Given {
  const { id, source } = (typeof event === 'object' && event !== null ? event : {}) as {
    id?: unknown
    source?: unknown
  }
  return {
    raw: event,
    id: typeof id === 'string' ? id.slice(0, 200) : '-',
    source: sourceOf(typeof source === 'string' && source !== '' ? source.slice(0, 200) : undefined),
    usage: issues.length === 0 ? usage : undefined,
    reason:
      issues.length === 0 ? undefined : issues.map((issue) => `${issue.field} ${issue.message}`.trim()).join('; '),
    field,
  }
}
