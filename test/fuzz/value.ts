import { randomUUID } from 'node:crypto'
import type { Random } from '../proof/random.ts'
import { usualOfJobs } from './jobs.ts'
import { textOf } from './pattern.ts'
import type { Pool } from './pool.ts'

export type Schema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly propertyNames?: Schema
  readonly minProperties?: number
  readonly example?: unknown
  readonly examples?: readonly unknown[]
}

export type Maker = {
  readonly random: Random
  readonly pool: Pool
  readonly components: Readonly<Record<string, Schema>>
}

/** A value that the schema lets in, made of what is known where that fits. */
export function valueOf(maker: Maker, schema: Schema, name = ''): unknown {
  const { random, pool, components } = maker
  if (schema.$ref !== undefined)
    return valueOf(maker, components[schema.$ref.split('/').at(-1) as string] as Schema, name)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[random(schema.enum.length)]
  if (schema.anyOf) return valueOf(maker, schema.anyOf[random(schema.anyOf.length)] as Schema, name)
  const [first, ...others] = [schema.type ?? 'object'].flat()
  const type = others.length > 0 && random(4) === 0 ? others[random(others.length)] : first
  switch (type) {
    case 'string':
      return stringOf(maker, schema, name)
    case 'integer': {
      const known = name.endsWith('_id') ? pool.pick(name, false, () => true, random) : undefined
      if (known !== undefined) return Number(known)
      return (schema.minimum ?? 0) + random(Math.min((schema.maximum ?? 1000) - (schema.minimum ?? 0), 1000) + 1)
    }
    case 'number':
      return random(1000) / 4
    case 'boolean':
      return random(2) === 0
    case 'null':
      return null
    case 'array': {
      const count = Math.max(schema.minItems ?? 0, random(3))
      return Array.from({ length: count }, () => valueOf(maker, schema.items ?? {}, name))
    }
    default:
      return objectOf(maker, schema)
  }
}

function objectOf(maker: Maker, schema: Schema): Record<string, unknown> {
  const { random } = maker
  const made: Record<string, unknown> = {}
  const { properties = {}, required = [], propertyNames } = schema
  for (const [name, inner] of Object.entries(properties)) {
    if (required.includes(name) || random(name === 'dryRun' ? 40 : 5) < 2) made[name] = valueOf(maker, inner, name)
  }
  const names = Object.keys(properties)
  while (Object.keys(made).length < (schema.minProperties ?? 0) && names.length > 0) {
    const name = names[random(names.length)] as string
    made[name] = valueOf(maker, properties[name] as Schema, name)
  }
  const more = Object.values(schema.patternProperties ?? {})[0] ?? schema.additionalProperties
  if (typeof more === 'object' && names.length === 0) {
    const of = schema.propertyNames ? 'meter' : 'any'
    for (let count = Math.max(schema.minProperties ?? 0, random(3)); count > 0; count--) {
      made[stringOf(maker, propertyNames ?? { pattern: '^[a-z]{3,8}$' }, of)] = valueOf(maker, more)
    }
  }
  return made
}

const meters = ['cpu_core_seconds', 'gpu_seconds', 'node_seconds', 'elapsed_seconds', 'memory_byte_seconds']

/** Some of these are parties elsewhere; then no pattern asks for a time. */
const isTime = /^(from|to|at|after|before|until)$/

/** What a field of this name usually holds: times in their order, amounts that are there to be spent. */
function usualOf(name: string, random: Random): readonly string[] {
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
  if (/^(startsAt|from|after)$/.test(name)) return [at(-48 - random(1000))]
  if (/^(endsAt|to|at|time|measuredAt|before)$/.test(name)) return [at(-1 - random(40))]
  if (/^(expiresAt|until)$/.test(name)) return [at(1 + random(1000))]
  if (name === 'amount') return ['1', '0.5', '2.25', '100', '0.001']
  if (name === 'meter') return meters
  if (name === 'currency') return ['THB', 'CREDIT']
  if (name === 'service') return ['slurm', 'llm']
  const ofJobs = usualOfJobs(name)
  if (ofJobs.length > 0 && random(2) === 0) return ofJobs
  return name === 'idempotency-key' ? [`key ${random(2 ** 30)}`] : []
}

function stringOf({ random, pool }: Maker, schema: Schema, name: string): string {
  const { pattern, minLength = 0, maxLength = 20 } = schema
  if (schema.format === 'date-time' && pattern === undefined)
    return new Date(Date.now() - random(10 ** 9)).toISOString()
  const fits = (text: string) =>
    text.length >= minLength &&
    text.length <= (schema.maxLength ?? 1000) &&
    (!pattern || new RegExp(pattern).test(text)) &&
    (schema.format !== 'uuid' || /^[0-9a-f]{8}-/.test(text))
  if (random(8) > 0) {
    const usual = (pattern === undefined && isTime.test(name) ? [] : usualOf(name, random)).filter(fits)
    const known = usual.length > 0 ? usual[random(usual.length)] : pool.pick(name, pattern !== undefined, fits, random)
    if (known !== undefined) return known
  }
  if (schema.format === 'uuid') return randomUUID()
  const examples = [...(schema.examples ?? []), ...(schema.example === undefined ? [] : [schema.example])]
  const example = examples[random(Math.max(1, examples.length))]
  if (typeof example === 'string' && fits(example) && random(2) === 0) return example
  for (let tries = 0; pattern !== undefined && tries < 50; tries++) {
    const text = textOf(pattern, random)
    if (fits(text)) return text
  }
  return (
    textOf('^[a-zA-Z0-9 ]$', random) +
    textOf(`^[a-z0-9]{${minLength},${Math.max(minLength, Math.min(maxLength, 20))}}$`, random)
  )
}
