import { type Fraction, parseFraction } from './fraction.ts'

/**
 * The formula language: numbers, meters, + − * /, parentheses, max() and min(). It has no names of its own, no
 * loops and no way to fail while rating: a divisor must be a number other than zero, checked when it is saved.
 *
 *   sum     = product { ("+" | "-") product }
 *   product = factor { ("*" | "/") factor }
 *   factor  = "-" factor | number | meter | ("max" | "min") "(" sum { "," sum } ")" | "(" sum ")"
 */
export type Expression =
  | { readonly kind: 'number'; readonly value: Fraction; readonly text: string; readonly at: number }
  | { readonly kind: 'meter'; readonly name: string; readonly at: number }
  | { readonly kind: 'negate'; readonly of: Expression; readonly at: number }
  | { readonly kind: 'call'; readonly name: 'max' | 'min'; readonly of: readonly Expression[]; readonly at: number }
  | {
      readonly kind: 'binary'
      readonly sign: '+' | '-' | '*' | '/'
      readonly left: Expression
      readonly right: Expression
      readonly at: number
    }

export const formulaLengthMax = 500
const formulaDepthMax = 32
const formulaDigitsMax = 38

/** A mistake in a formula: what is wrong, and at which character (counted from 0). */
export class FormulaError extends Error {
  readonly at: number
  readonly formula: string
  readonly reason: string

  constructor(reason: string, formula: string, at: number) {
    super(`${reason} (at character ${at + 1} of the formula)`)
    this.name = 'FormulaError'
    this.reason = reason
    this.formula = formula
    this.at = at
  }

  /** Two lines: the formula, and a caret under the mistake. */
  get pointed(): string {
    return `${this.formula.replaceAll(/\s/g, ' ')}\n${' '.repeat(this.at)}^`
  }
}

type Token = { readonly kind: 'number' | 'name' | 'sign' | 'end'; readonly text: string; readonly at: number }

function tokens(formula: string): Token[] {
  const found: Token[] = []
  const pattern = /\s+|(\d[\d.]*(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|([-+*/(),])/y
  while (pattern.lastIndex < formula.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(formula)
    if (!match) throw new FormulaError(oddCharacter(formula, at), formula, at)
    const [text, number, name, sign] = match
    if (number !== undefined) found.push({ kind: 'number', text, at })
    else if (name !== undefined) found.push({ kind: 'name', text, at })
    else if (sign !== undefined) found.push({ kind: 'sign', text, at })
  }
  found.push({ kind: 'end', text: '', at: formula.length })
  return found
}

function oddCharacter(formula: string, at: number): string {
  const character = String.fromCodePoint(formula.codePointAt(at) as number)
  if (character === '.') return 'a number starts with a digit: write 0.5, not .5'
  if (character === '%' || character === '^')
    return `there is no ${character} here: a formula knows + - * / max() min()`
  if ('−–×÷·'.includes(character)) return `'${character}' is not a sign that can be read here: use + - * /`
  return `'${character}' does not belong in a formula`
}

class Parser {
  readonly formula: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(formula: string) {
    this.formula = formula
    this.#tokens = tokens(formula)
  }

  parse(): Expression {
    if (this.#peek().kind === 'end') this.#fail('the formula is empty: name a meter, such as cpu_core_seconds')
    const whole = this.#sum()
    const rest = this.#peek()
    if (rest.text === ')') this.#fail('this parenthesis was never opened')
    if (rest.text === ',') this.#fail('a comma stands only inside max() or min()')
    if (rest.kind !== 'end') this.#fail(`an operator is missing before '${rest.text}'`)
    return whole
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token
  }

  #take(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#next += 1
    return token
  }

  #fail(reason: string, at = this.#peek().at): never {
    throw new FormulaError(reason, this.formula, at)
  }

  #sum(): Expression {
    this.#depth += 1
    if (this.#depth > formulaDepthMax) this.#fail(`the formula is nested deeper than ${formulaDepthMax} levels`)
    let left = this.#product()
    for (let sign = this.#peek(); sign.text === '+' || sign.text === '-'; sign = this.#peek()) {
      this.#take()
      left = { kind: 'binary', sign: sign.text, left, right: this.#product(), at: sign.at }
    }
    this.#depth -= 1
    return left
  }

  #product(): Expression {
    let left = this.#factor()
    for (let sign = this.#peek(); sign.text === '*' || sign.text === '/'; sign = this.#peek()) {
      this.#take()
      left = { kind: 'binary', sign: sign.text, left, right: this.#factor(), at: sign.at }
    }
    return left
  }

  #factor(): Expression {
    const token = this.#take()
    if (token.kind === 'number') return this.#number(token)
    if (token.kind === 'name') return this.#name(token)
    if (token.text === '-') {
      this.#depth += 1
      if (this.#depth > formulaDepthMax) this.#fail(`the formula is nested deeper than ${formulaDepthMax} levels`)
      const of = this.#factor()
      this.#depth -= 1
      return { kind: 'negate', of, at: token.at }
    }
    if (token.text === '(') {
      const inner = this.#sum()
      this.#close(token, 'this parenthesis')
      return inner
    }
    if (token.kind === 'end') return this.#fail('the formula ends too early: a meter or a number is missing here')
    return this.#fail(`a meter or a number is missing before '${token.text}'`, token.at)
  }

  #close(open: Token, what: string): void {
    const token = this.#take()
    if (token.text === ')') return
    if (token.kind === 'end') this.#fail(`${what} is never closed`, open.at)
    if (token.text === ',') this.#fail('a comma stands only inside max() or min()', token.at)
    this.#fail(`an operator is missing before '${token.text}'`, token.at)
  }

  #number(token: Token): Expression {
    if (/[eE]/.test(token.text)) this.#fail('write the number in full, without an exponent', token.at)
    const value = parseFraction(token.text)
    if (!value) return this.#fail(`'${token.text}' is not a number: digits with at most one point, 0.5`, token.at)
    if (token.text.replace('.', '').length > formulaDigitsMax) {
      this.#fail(`a number has at most ${formulaDigitsMax} digits`, token.at)
    }
    return { kind: 'number', value, text: token.text, at: token.at }
  }

  #name(token: Token): Expression {
    if (this.#peek().text !== '(') {
      if (token.text === 'max' || token.text === 'min')
        this.#fail(`${token.text} needs parentheses: ${token.text}(a, b)`)
      return { kind: 'meter', name: token.text, at: token.at }
    }
    if (token.text !== 'max' && token.text !== 'min') {
      this.#fail(`there is no function '${token.text}': a formula knows max() and min()`, token.at)
    }
    const open = this.#take()
    const of = [this.#sum()]
    while (this.#peek().text === ',') {
      this.#take()
      of.push(this.#sum())
    }
    this.#close(open, `this parenthesis of ${token.text}`)
    return { kind: 'call', name: token.text, of, at: token.at }
  }
}

/** Reads a formula; throws a FormulaError that points at the character. */
export function parseFormula(formula: string): Expression {
  if (formula.length > formulaLengthMax) {
    throw new FormulaError(`a formula has at most ${formulaLengthMax} characters`, formula, formulaLengthMax)
  }
  return new Parser(formula).parse()
}

export function metersOf(expression: Expression): Extract<Expression, { kind: 'meter' }>[] {
  if (expression.kind === 'number') return []
  if (expression.kind === 'meter') return [expression]
  if (expression.kind === 'negate') return metersOf(expression.of)
  if (expression.kind === 'call') return expression.of.flatMap(metersOf)
  return [...metersOf(expression.left), ...metersOf(expression.right)]
}
