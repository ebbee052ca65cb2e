import { randomUUID } from 'node:crypto'
import { Check } from 'typebox/value'
import type { Reader } from '../database/reader.ts'
import type { Principal } from '../http/principal.ts'
import { meterNames } from '../metering/commands.ts'
import type { WaitingRow } from '../metering/quarantine-commands.ts'
import { inputDigest } from '../operations/canonical.ts'
import type { House } from '../operations/house.ts'
import { namesFor } from '../parties/scope-commands.ts'
import type { PartyKind } from '../parties/party.ts'
import { parseId, uuidOf } from '../values/id.ts'
import { chargePage } from './commands.ts'
import type { Gathering } from './gather-commands.ts'
import type { Memory } from './memory-commands.ts'
import { amountsOf } from './outcome.ts'
import { ownedOf } from './owned-commands.ts'
import { type FactOutcome, nameOf, type PageResult } from './page.ts'
import { CloudEvent } from './event-contract.ts'
import { usageOfEvent } from './event.ts'
import { UsageInput } from './usage-contract.ts'
import {
  badUsage,
  factOf,
  providerNameOf,
  usageDoor,
  usageFault,
  type Given,
  type Read,
  type UsageGiven,
} from './usage.ts'

export type UsageCall = {
  readonly principal: Principal
  /** The caller's own; without one, usage is known by its source and id. */
  readonly key: string | undefined
  /** Who reads a row of it again: `usage`, `event`. */
  readonly door: string
  readonly unknown: 'create' | 'quarantine'
  readonly now: number
}

export type Recorded = {
  readonly items: readonly (FactOutcome | (Omit<FactOutcome, 'outcome'> & { readonly outcome: 'duplicate' }))[]
  readonly result: PageResult
  readonly charged: Readonly<Record<string, string>>
}

/** Records, rates and charges what came through a door, as one page; each gets an answer of its own. */
export async function recordUsage(
  house: House,
  call: UsageCall,
  given: readonly Given[],
  { memory, gathering }: { readonly memory: Memory; readonly gathering: Gathering },
): Promise<Recorded> {
  const reader = house.database.pool
  const read = await readAll(reader, given, { now: call.now, measuredAt: call.now })
  const { own, refused } = await ownedOf(reader, call.principal, read)

  const bad = read.flatMap((one, line) => {
    const { from, reason } = one
    if (reason === undefined || refused.has(one)) return []
    return [{ ...badUsage(from.raw, from.source, reason, line + 1, call.now), door: call.door }]
  })
  const facts = read.flatMap((one) => (one.fact && !refused.has(one) ? [one.fact] : []))
  const page = { facts, bad, ...(own && { owners: new Map(facts.map((fact) => [nameOf(fact), own])) }) }
  const result =
    call.key === undefined && given.length <= gatheredMax
      ? await gathering.charge(call.principal.name, page)
      : await chargePage(house, page, settingsOf(call, given), memory)
  return answerOf(read, refused, result)
}

/** So few in one request go out together with those of others. */
const gatheredMax = 50

/** Without a key of the caller's nothing is compared, and no names of people are digested that an erasure could not reach. */
const settingsOf = ({ unknown, principal, key, door }: UsageCall, given: readonly Given[]) => ({
  principal: principal.name,
  unknown,
  chargeFrom: null,
  call: {
    key: key ?? randomUUID(),
    digest: inputDigest(door, given.map(key === undefined ? ({ id }) => id : ({ raw }) => raw)),
  },
})

type Clock = { readonly now: number; readonly measuredAt: number }

async function readAll(reader: Reader, given: readonly Given[], { now, measuredAt }: Clock): Promise<Read[]> {
  const meters = new Set((await meterNames(reader)).map(({ name }) => name))
  const named = await withNames(reader, given)
  return given.map((from, index) => {
    const { usage, reason } = named[index] as { usage: UsageGiven | undefined; reason: string | undefined }
    if (!usage) return { from, fact: undefined, reason: reason ?? 'it cannot be read', names: undefined }
    const names = { project: usage.project, provider: providerNameOf(usage, from.source) }
    const fault = reason ?? usageFault(usage, meters, now)?.join(' ')
    if (fault !== undefined) return { from, fact: undefined, reason: fault, names }
    return { from, fact: factOf(usage, from.source, JSON.stringify(from.raw), measuredAt), reason: undefined, names }
  })
}

const kinds = ['project', 'person', 'provider'] as const satisfies readonly PartyKind[]

/** Parties that are named by their ids, by the names that the source has for them. */
async function withNames(reader: Reader, given: readonly Given[]) {
  const named = given.map(({ usage, reason }) => ({ usage, reason }))
  for (const [source, alike] of Map.groupBy(given.keys(), (index) => given[index]?.source ?? '')) {
    for (const kind of kinds) {
      const ids = new Map(
        alike.flatMap((index) => {
          const text = named[index]?.usage?.[kind]
          const id = text === undefined ? undefined : parseId(kind, text)
          return id ? [[index, uuidOf(id)] as const] : []
        }),
      )
      const names = await namesFor(reader, kind, source, [...new Set(ids.values())])
      for (const [index, uuid] of ids) {
        const { usage } = named[index] as { usage: UsageGiven }
        const name = names.get(uuid)
        named[index] =
          name === undefined
            ? { usage, reason: `${kind}: there is no ${kind} ${usage[kind]}` }
            : { usage: { ...usage, [kind]: name }, reason: undefined }
      }
    }
  }
  return named
}

function answerOf(read: readonly Read[], refused: ReadonlyMap<Read, string>, result: PageResult): Recorded {
  const stored = result.answered && (JSON.parse(result.answered.answer) as { outcomes: readonly FactOutcome[] })
  const outcomes = new Map(stored?.outcomes.map((outcome) => [nameOf(outcome), outcome]))
  const told = new Set<string>()
  const items = read.map((one): Recorded['items'][number] => {
    const { from, fact } = one
    const { id, source } = from
    const reason = refused.get(one) ?? one.reason
    if (!fact || reason !== undefined)
      return { source, externalId: id, outcome: 'quarantined', ...(reason !== undefined && { reason }) }
    const name = nameOf(fact)
    const outcome = outcomes.get(name)
    if (outcome && (outcome.outcome === 'quarantined' || !told.has(name))) {
      told.add(name)
      return outcome
    }
    return { source, externalId: id, outcome: 'duplicate', ...(outcome && againOf(outcome)) }
  })
  return { items, result, charged: amountsOf(items) }
}

/** What stands twice in one request counts once: of its versions the last measured stands, whichever came first. */
const againOf = ({ record }: FactOutcome) => ({
  ...(record !== undefined && { record }),
  reason: 'the same source and id stand in this request before',
})

/** A quarantined usage or event, read again as far as it has the right form. */
export async function readUsageAgain(house: House, row: WaitingRow) {
  const raw = JSON.parse(row.raw) as unknown
  const usage = usageIn(raw, row.door)
  const from = { raw, id: row.origin, source: row.source, field: '', usage, reason: usage ? undefined : row.reason }
  const [read] = await readAll(house.database.pool, [from], { now: Date.now(), measuredAt: row.measuredAt })
  return { facts: read?.fact ? [read.fact] : [], reason: read?.reason }
}

function usageIn(raw: unknown, door: string): UsageGiven | undefined {
  if (door === usageDoor) return Check(UsageInput, raw) ? raw : undefined
  if (!Check(CloudEvent, raw)) return undefined
  const { usage, issues } = usageOfEvent(raw)
  return issues.length === 0 && Check(UsageInput, usage) ? usage : undefined
}
