import type { Random } from '../proof/random.ts'
import { harmed } from './harm.ts'
import { mendedJobs } from './jobs.ts'
import { type Maker, type Schema, valueOf } from './value.ts'

type Parameter = { readonly in: string; readonly name: string; readonly required?: boolean; readonly schema: Schema }
type Operation = {
  readonly operationId?: string
  readonly security?: readonly object[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}
export type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export type Door = {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly operation: Operation
}
export type Asked = {
  readonly door: Door
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | undefined
}

/** Bodies that are texts of a form of their own, which no schema describes. */
export type Texts = Readonly<Record<string, (random: Random) => string>>

export const doorsOf = ({ paths }: Document): Door[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation.operationId === undefined
        ? []
        : [{ id: operation.operationId, method: method.toUpperCase(), path, operation }],
    ),
  )

/** A request of a door: most often a good one, sometimes with one thing wrong about it. */
export function requestOf(maker: Maker, door: Door, texts: Texts): Asked {
  const { random } = maker
  const { parameters = [], requestBody } = door.operation
  const harm = random(4) === 0 ? random(3) : -1
  const of = (where: string) => parameters.filter((parameter) => parameter.in === where)
  const values = (where: string) =>
    of(where)
      .filter(({ name, required }) => required === true || random(name === 'if-match' ? 20 : 3) === 0)
      .map(({ name, schema }) => [name, valueOf(maker, schema, name)] as const)
  const path = door.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = of('path').find((each) => each.name === name)
    const value = parameter ? valueOf(maker, parameter.schema, name) : name
    return encodeURIComponent(String(harm === 0 && random(3) === 0 ? harmed(value, random) : value).toWellFormed())
  })
  const query = new URLSearchParams()
  for (const [name, value] of values('query'))
    query.set(name, String(harm === 1 ? harmed(value, random) : value).toWellFormed())
  const headers: Record<string, string> = {}
  for (const [name, value] of values('header'))
    headers[name] = name === 'if-match' ? '*' : encodeURI(String(value).toWellFormed()).slice(0, 200)
  const body = requestBody && bodyOf(maker, door, texts, harm === 2)
  if (body) headers['content-type'] = body.type
  return { door, path: `${path}${query.size > 0 ? `?${query.toString()}` : ''}`, headers, body: body?.text }
}

/** What a door says in words: fields of which one is wanted and not two. */
const mended: Readonly<Record<string, (body: Record<string, unknown>, random: Random) => void>> = {
  holdCredits: (body, random) => {
    delete body['minutes']
    body['seconds'] = 600
    delete body[random(3) === 0 ? 'amount' : 'estimate']
    if (!('estimate' in body)) body['amount'] = '0.5'
    if (random(3) > 0) for (const field of ['payer', 'person', 'subtype']) delete body[field]
    body['project'] ??= 'chem'
  },
  extendReservation: (body) => {
    delete body['minutes']
    body['seconds'] = 600
  },
  settleReservation: (body, random) => {
    delete body[random(2) === 0 ? 'amount' : 'quantities']
    if (!('quantities' in body)) body['amount'] = '0.25'
  },
}

function bodyOf(maker: Maker, door: Door, texts: Texts, harm: boolean): { type: string; text: string } {
  const { random } = maker
  const content = Object.entries(door.operation.requestBody?.content ?? {})
  const [type, { schema }] = content[random(content.length)] as [string, { schema: Schema }]
  const own = texts[`${door.id} ${type}`]
  if (own) return { type, text: harm ? own(random).slice(random(20)) : own(random) }
  const value = valueOf(maker, schema)
  const mend = mended[door.id] ?? mendedJobs[door.id]
  mend?.(value as Record<string, unknown>, random)
  return { type, text: JSON.stringify(harm ? harmed(value, random) : value) }
}
