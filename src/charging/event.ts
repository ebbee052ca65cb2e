import type { Static } from 'typebox'
import type { Issue } from '../http/issues.ts'
import type { CloudEvent } from './event-contract.ts'
import type { UsageGiven } from './usage.ts'

export const eventDoor = 'event'

type Envelope = Static<typeof CloudEvent>

const known = new Set('specversion id source type subject time datacontenttype dataschema data data_base64'.split(' '))

/** What an event says of usage. Who used it may stand in its subject, what was used in its type: `/project/person`. */
export function usageOfEvent(event: Envelope): { usage: UsageGiven; issues: readonly Issue[] } {
  const { data } = event
  const time = event.time ?? undefined
  const [project, person] = (event.subject ?? '').split('/').filter((part) => part !== '')
  const issues: Issue[] = []
  const need = (field: string, value: string | undefined, instead: string): string => {
    if (value === undefined) issues.push({ field: `data.${field}`, message: `is missing, and ${instead}` })
    return value ?? ''
  }
  const startsAt = need('startsAt', data.startsAt ?? data.from ?? time, 'so are data.from and time')
  const endsAt = need('endsAt', data.endsAt ?? data.to ?? time, 'so are data.to and time')
  const quantities =
    data.quantities ?? (data.meter !== undefined && data.value !== undefined ? { [data.meter]: data.value } : undefined)
  if (!quantities)
    issues.push({ field: 'data.quantities', message: 'is missing, and so are data.meter and data.value' })
  const who = data.person ?? person
  const measuredAt = data.measuredAt ?? time
  return {
    usage: {
      id: event.id,
      project: need('project', data.project ?? project, 'subject does not name one: /project/person'),
      ...(who !== undefined && { person: who }),
      ...(data.provider !== undefined && { provider: data.provider }),
      service: data.service ?? event.type,
      ...(data.subtype !== undefined && { subtype: data.subtype }),
      startsAt,
      endsAt,
      ...(measuredAt !== undefined && { measuredAt }),
      ...(data.final !== undefined && { final: data.final }),
      quantities: quantities ?? {},
      dimensions: { ...extensionsOf(event), ...(data.resource && { resource: data.resource }), ...data.dimensions },
    },
    issues,
  }
}

/** Attributes of others are kept: they stand among the dimensions. */
const extensionsOf = (event: Envelope): Record<string, string> =>
  Object.fromEntries(
    Object.entries(event)
      .filter(([name, value]) => !known.has(name) && /^[a-z]/.test(name) && value !== null)
      .map(([name, value]) => [name, String(value as string | number | boolean)]),
  )

/** The attributes of an event that stand in headers, `ce-id` and others, with the body as its data. */
export function eventOfHeaders(headers: Readonly<Record<string, unknown>>, data: unknown): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') attributes[name.slice(3)] = decoded(value)
  }
  return { ...attributes, datacontenttype: 'application/json', data }
}

/** What is not printable ASCII is percent-encoded there. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
