import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RefundBody, Refunded } from '../src/charging/refund-contract.ts'
import * as reservation from '../src/charging/reservation-contract.ts'
import * as credits from '../src/credits/contract.ts'

const file = join(import.meta.dirname, '../clients/javascript/contract.d.ts')
const heading = `// What the doors take and answer, written by 'npm run client-types' from their contracts.\n`

/** By the names that the client gives them. */
const schemas = {
  HoldRequest: reservation.ReservationBody,
  Held: reservation.Held,
  SettleRequest: reservation.SettleBody,
  Settled: reservation.Settled,
  Kept: reservation.Kept,
  ExtendRequest: reservation.ExtendBody,
  Released: reservation.Released,
  Reservation: reservation.ReservationWhole,
  GrantRequest: credits.GrantBody,
  Granted: credits.Granted,
  MoveRequest: credits.MoveBody,
  Moved: credits.Moved,
  RefundRequest: RefundBody,
  RefundAnswer: Refunded,
  Wallets: credits.Wallets,
}

type Schema = {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly description?: string
  readonly examples?: readonly unknown[]
}

/** The TypeScript of a schema, for users whose compiler knows neither these files nor the library of the schemas. */
function typeOf(schema: Schema, indent: string): string {
  if (schema.enum) return schema.enum.map((value) => `'${String(value)}'`).join(' | ')
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any'])
  return types.map((type) => plainType(type, schema, indent)).join(' | ')
}

function plainType(type: string, schema: Schema, indent: string): string {
  switch (type) {
    case 'object':
      return schema.properties ? fieldsOf(schema, indent) : `{ readonly [name: string]: ${valueOf(schema, indent)} }`
    case 'array':
      return listOf(typeOf(schema.items ?? {}, indent))
    case 'integer':
    case 'number':
      return 'number'
    case 'any':
      return 'unknown'
    default:
      return type
  }
}

const listOf = (item: string): string => `readonly ${/^[^{]* \| /.test(item) ? `(${item})` : item}[]`

function valueOf({ additionalProperties, patternProperties }: Schema, indent: string): string {
  const [value] = Object.values(patternProperties ?? {})
  return typeOf(value ?? (typeof additionalProperties === 'object' ? additionalProperties : {}), indent)
}

function fieldsOf({ properties = {}, required = [] }: Schema, indent: string): string {
  const inner = `${indent}  `
  const lines = Object.entries(properties).map(([name, schema]) => {
    const words = schema.description ? `${inner}/** ${schema.description.replaceAll('*/', '* /')} */\n` : ''
    return `${words}${inner}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)}\n`
  })
  return `{\n${lines.join('')}${indent}}`
}

/** What the file must say. */
export const clientTypes = (): string =>
  heading +
  Object.entries(schemas)
    .map(([name, schema]) => `\nexport type ${name} = ${typeOf(schema as Schema, '')}\n`)
    .join('')

export const writtenTypes = (): string => readFileSync(file, 'utf8')

if (import.meta.main) {
  if (process.argv.includes('--write')) writeFileSync(file, clientTypes())
  else process.stdout.write(clientTypes())
}
