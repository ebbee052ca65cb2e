import { isCurrency } from '../values/money.ts'
import { compileFormula } from './compile.ts'
import { type DiscountDefinition, isPeriodBased, type Kind, type PolicyDefinition, type Tier } from './definition.ts'
import type { PriceDefinition, Verdict } from './definition.ts'
import { FormulaError, metersOf, parseFormula } from './formula.ts'
import { decimal } from './program.ts'
import { type Fraction, isLess, parseFraction } from './fraction.ts'
import { didYouMean } from './nearest.ts'

/** A mistake in a definition: where it stands, what is wrong, and the formula's own pointer when it is one. */
export type Mistake = {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly formula?: FormulaError
}

/** Which meters a formula may name: those declared, and families that sites fill in. */
export type Meters = { readonly names: ReadonlySet<string>; readonly has: (name: string) => boolean }

type Raw = Readonly<Record<string, unknown>>
type Path = readonly (string | number)[]

const digitsMax = 28
const models = ['flat', 'package', 'graduated', 'volume'] as const
const slurmStates =
  'BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED TIMEOUT REQUEUED RESIZING REVOKED'.split(
    ' ',
  )

/** Reads a definition as it was written; what cannot be read is listed, all of it at once. */
class Check {
  readonly mistakes: Mistake[] = []

  say(path: Path, message: string): undefined {
    this.mistakes.push({ path, message })
  }

  /** An object with these keys and no others. */
  object(value: unknown, path: Path, known: readonly string[]): Raw | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.say(path, `${path.at(-1) ?? 'this'} must be a mapping with ${known.join(', ')}`)
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.say([...path, key], `there is no field ${key}${didYouMean(key, known)}`)
    }
    return value as Raw
  }

  /** A decimal without a sign, in its shortest form. */
  decimal(
    raw: Raw,
    key: string,
    path: Path,
    more: { optional?: boolean; positive?: boolean } = {},
  ): string | undefined {
    const text = raw[key]
    if (text === undefined) return more.optional ? undefined : this.say([...path, key], `${key} is missing`)
    const value = typeof text === 'string' ? parseFraction(text) : undefined
    if (!value || typeof text !== 'string') {
      return this.say([...path, key], `${key} must be a decimal number of zero or more, such as 0.5`)
    }
    if (more.positive && value.top === 0n) return this.say([...path, key], `${key} must be more than zero`)
    const [whole = '', places = ''] = text.split('.')
    const short = `${whole.replace(/^0+(?=\d)/, '')}.${places.replace(/0+$/, '')}`.replace(/\.$/, '')
    if (short.replace('.', '').replace(/^0+/, '').length <= digitsMax && short.length <= 2 * digitsMax) return short
    return this.say([...path, key], `${key} has more than ${digitsMax} significant digits`)
  }

  word<Word extends string>(raw: Raw, key: string, path: Path, known: readonly Word[]): Word | undefined {
    const text = raw[key]
    if (text === undefined || known.some((word) => word === text)) return text as Word | undefined
    return this.say([...path, key], `${key} must be ${known.join(' or ')}`)
  }
}

/** Leaves out what was not given, so that equal definitions have equal bytes. */
function given<Fields extends object>(fields: Fields): { [Key in keyof Fields]: NonNullable<Fields[Key]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof Fields]: NonNullable<Fields[Key]> }
}

function checkFormula(check: Check, raw: Raw, meters: Meters): string | undefined {
  const formula = raw['quantity']
  if (formula === undefined)
    return check.say(['quantity'], 'quantity is missing: name a meter, or write a formula over meters')
  if (typeof formula !== 'string') return check.say(['quantity'], 'quantity must be a formula over meters')
  try {
    for (const { name, at } of metersOf(parseFormula(formula))) {
      if (meters.has(name)) continue
      throw new FormulaError(`there is no meter ${name}${didYouMean(name, meters.names)}`, formula, at)
    }
    compileFormula(formula, () => 0)
    return formula
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error
    check.mistakes.push({ path: ['quantity'], message: `quantity: ${error.message}`, formula: error })
    return undefined
  }
}

function checkTier(check: Check, value: unknown, path: Path, last: boolean): Tier | undefined {
  const raw = check.object(value, path, ['upTo', 'price', 'per', 'fixed'])
  if (!raw) return undefined
  const open = raw['upTo'] === undefined || raw['upTo'] === null || raw['upTo'] === 'null' || raw['upTo'] === '~'
  if (open !== last) {
    check.say([...path, 'upTo'], last ? 'the last tier has no end: leave upTo out, or write null' : 'upTo is missing')
  }
  return given({
    upTo: open ? 'null' : check.decimal(raw, 'upTo', path, { positive: true }),
    price: check.decimal(raw, 'price', path),
    per: check.decimal(raw, 'per', path, { optional: true, positive: true }),
    fixed: check.decimal(raw, 'fixed', path, { optional: true }),
  })
}

function checkTiers(check: Check, value: unknown, model: string): Tier[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > 100) {
    return check.say([model], `${model} must be a list of 1 to 100 tiers`)
  }
  const tiers = value.map((tier, index) => checkTier(check, tier, [model, index], index === value.length - 1))
  let before: Fraction | undefined
  for (const [index, tier] of tiers.entries()) {
    const upTo = tier && tier.upTo !== 'null' && tier.upTo ? decimal(tier.upTo) : undefined
    if (before && upTo && !isLess(before, upTo)) {
      check.say([model, index, 'upTo'], 'upTo must be more than in the tier before')
    }
    before = upTo ?? before
  }
  return tiers.map((tier) => ({ ...(tier as Tier), upTo: tier?.upTo === 'null' ? null : (tier?.upTo ?? null) }))
}

function checkModel(check: Check, raw: Raw, model: (typeof models)[number]): object | undefined {
  if (model === 'graduated' || model === 'volume') return checkTiers(check, raw[model], model)
  const fields = check.object(raw[model], [model], model === 'flat' ? ['price', 'per'] : ['price', 'size'])
  if (!fields) return undefined
  const price = check.decimal(fields, 'price', [model])
  if (model === 'package') return given({ size: check.decimal(fields, 'size', [model], { positive: true }), price })
  return given({ price, per: check.decimal(fields, 'per', [model], { optional: true, positive: true }) })
}

const priceFields = ['currency', 'quantity', 'unit', ...models, 'fixed', 'base', 'included', 'absent']

function checkPrice(check: Check, value: unknown, meters: Meters): PriceDefinition | undefined {
  const raw = check.object(value, [], priceFields)
  if (!raw) return undefined
  const currency = raw['currency']
  if (typeof currency !== 'string' || !isCurrency(currency)) {
    check.say(
      ['currency'],
      currency === undefined ? 'currency is missing, such as THB' : 'currency must be a code such as THB',
    )
  }
  const unit = raw['unit']
  if (unit !== undefined && (typeof unit !== 'string' || unit.length < 1 || unit.length > 40)) {
    check.say(['unit'], 'unit must be a text of 1 to 40 characters')
  }
  const named = models.filter((model) => raw[model] !== undefined)
  const [model] = named
  if (!model) check.say([], `the price is missing: one of ${models.join(', ')}`)
  for (const more of named.slice(1)) check.say([more], `a component has one model: ${model} or ${more}, not both`)
  const price = given({
    currency,
    quantity: checkFormula(check, raw, meters),
    unit,
    ...(model && { [model]: checkModel(check, raw, model) }),
    fixed: check.decimal(raw, 'fixed', [], { optional: true }),
    base: check.word(raw, 'base', [], ['record', 'period']),
    included: check.decimal(raw, 'included', [], { optional: true }),
    absent: check.word(raw, 'absent', [], ['zero', 'unpriced']),
  }) as unknown as PriceDefinition
  if (price.included !== undefined && price.base === 'record') {
    check.say(['base'], 'an included volume is counted over a period: leave base out, or write base: period')
  }
  if (price.fixed !== undefined && isPeriodBased(price)) {
    check.say(
      ['fixed'],
      'a fixed part of each record cannot stand with tiers over a period: make it a component of its own',
    )
  }
  return price
}

function checkPolicy(check: Check, value: unknown): PolicyDefinition | undefined {
  const raw = check.object(value, [], ['endStates', 'otherwise', 'crossing'])
  if (!raw) return undefined
  const verdicts: readonly Verdict[] = ['charge', 'free']
  const states = raw['endStates'] ?? {}
  if (typeof states !== 'object' || Array.isArray(states))
    check.say(['endStates'], 'endStates must be a mapping: NODE_FAIL: free')
  for (const [state] of Object.entries(states)) {
    check.word(states as Raw, state, ['endStates'], verdicts)
    const meant = didYouMean(state, slurmStates)
    if (!/^[A-Z][A-Z0-9_]*$/.test(state)) {
      check.say(['endStates', state], `an end state is written in capitals: ${state.toUpperCase()}`)
    } else if (!slurmStates.includes(state) && meant)
      check.say(['endStates', state], `there is no end state ${state}${meant}`)
  }
  const sorted = Object.entries(states as Record<string, Verdict>).sort(([a], [b]) => (a < b ? -1 : 1))
  return given({
    endStates: Object.fromEntries(sorted),
    otherwise: check.word(raw, 'otherwise', [], verdicts),
    crossing: check.word(raw, 'crossing', [], ['end', 'split']),
  })
}

function checkDiscount(check: Check, value: unknown): DiscountDefinition | undefined {
  const raw = check.object(value, [], ['percent'])
  const percent = raw && check.decimal(raw, 'percent', [])
  if (percent === undefined) return undefined
  if (isLess(decimal('100'), decimal(percent))) check.say(['percent'], 'percent is at most 100')
  return { percent }
}

export const fieldsOf: Readonly<Record<Kind, readonly string[]>> = {
  price: priceFields,
  policy: ['endStates', 'otherwise', 'crossing'],
  discount: ['percent'],
}

/** A definition in its one written form, or the mistakes in it. Numbers come as text, so that none was ever a float. */
export function checkDefinition(
  kind: Kind,
  value: unknown,
  meters: Meters,
): { definition?: object; mistakes: Mistake[] } {
  const check = new Check()
  const checks = { price: checkPrice, policy: checkPolicy, discount: checkDiscount }
  const definition = checks[kind](check, value, meters)
  return check.mistakes.length > 0 || !definition ? { mistakes: check.mistakes } : { definition, mistakes: [] }
}
