import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import { zonedTime } from '../values/period.ts'
import { checkDefinition, fieldsOf, type Meters, type Mistake } from './check.ts'
import type { Kind, ScopeKind } from './definition.ts'
import type { FormulaError } from './formula.ts'
import { didYouMean } from './nearest.ts'
import { aliasText, faultsOf } from './yaml-words.ts'

/** A mistake in a file, with its place; lines and columns count from 1. */
export type FileMistake = {
  readonly line: number
  readonly column: number
  readonly message: string
  /** For a formula: two lines, with a caret under the character. */
  readonly pointed?: string
}

/** One version that a file asks for. `scope` is a name as people know it. */
export type Entry = {
  readonly kind: Kind
  readonly service: string
  readonly subtype: string
  readonly component: string
  readonly scopeKind: ScopeKind
  readonly scope: string
  readonly from: number
  readonly to: number | undefined
  readonly definition: object | null
  readonly line: number
  readonly column: number
}

type Path = readonly (string | number)[]
const lists: Readonly<Record<string, Kind>> = { prices: 'price', policies: 'policy', discounts: 'discount' }
const keyFields = [
  'service',
  'subtype',
  'component',
  'tier',
  'organisation',
  'project',
  'person',
  'from',
  'to',
  'ended',
]
const scopeFields = ['tier', 'organisation', 'project', 'person'] as const

/** Reads YAML (or JSON) where every scalar stays the text it was written as: no price passes through a float. */
class PriceFile {
  readonly mistakes: FileMistake[] = []
  readonly entries: Entry[] = []
  readonly #counter = new LineCounter()
  readonly #document
  readonly #meters: Meters
  readonly #zone: string

  constructor(text: string, zone: string, meters: Meters) {
    this.#zone = zone
    this.#meters = meters
    const lineCounter = this.#counter
    // What is odd is said as a mistake of the file, and not by the library on a screen that it knows nothing of.
    this.#document = parseDocument(text, { schema: 'failsafe', lineCounter, prettyErrors: false, logLevel: 'error' })
    for (const { offset, message } of faultsOf(this.#document, text)) this.#sayAt(offset, message)
    if (this.#document.errors.length === 0) this.#read()
  }

  #read(): void {
    const root = this.#document.contents
    if (!isMap(root)) return this.#say([], 'a price file is a mapping with the lists prices, policies and discounts')
    for (const { key } of root.items) {
      const name = String(key)
      const kind = lists[name]
      if (!kind) this.#say([name], `there is no list ${name}${didYouMean(name, Object.keys(lists))}`)
      else this.#readList(name, kind)
    }
  }

  #readList(name: string, kind: Kind): void {
    const list = this.#document.get(name)
    if (!isSeq(list)) return this.#say([name], `${name} must be a list`)
    for (const index of list.items.keys()) {
      const item = list.get(index, true)
      const raw = isMap(item) ? this.#plain(item, [name, index]) : undefined
      if (raw) this.#readEntry(kind, raw, [name, index])
      else if (!isMap(item)) {
        const tight = isScalar(item) && /^\w+:\S/.test(String(item.value))
        const form = `each of ${name} must be a mapping with service, from, …`
        this.#say([name, index], tight ? 'a space is missing behind the colon: write field: value' : form)
      }
    }
  }

  #plain(item: YAMLMap, path: Path): Record<string, unknown> | undefined {
    try {
      return item.toJS(this.#document) as Record<string, unknown>
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error
      this.#say(path, aliasText(error))
      return undefined
    }
  }

  #readEntry(kind: Kind, raw: Record<string, unknown>, path: Path): void {
    const before = this.mistakes.length
    const { line, column } = this.#place(path)
    const key = this.#readKey(kind, raw, path)
    const from = this.#time(raw, 'from', path)
    const to = raw['to'] === undefined ? undefined : this.#time(raw, 'to', path)
    if (raw['from'] === undefined) this.#say(path, 'from is missing: the day or moment at which this begins')
    const ended = raw['ended'] === 'true'
    if (raw['ended'] !== undefined && !ended) this.#say([...path, 'ended'], 'ended is true, or left out')
    const definition = ended ? this.#nothingElse(kind, raw, path) : this.#definition(kind, raw, path)
    if (ended && to !== undefined)
      this.#say([...path, 'to'], 'what has ended has no to: the next version may begin at any time')
    if (from !== undefined && to !== undefined && to <= from) this.#say([...path, 'to'], 'to must be later than from')
    if (this.mistakes.length > before || from === undefined || definition === undefined) return
    this.entries.push({ kind, ...key, from, to, definition, line, column })
  }

  #readKey(kind: Kind, raw: Record<string, unknown>, path: Path) {
    const text = (field: string, absent?: string): string => {
      const value = raw[field] ?? absent
      if (typeof value === 'string' && /^(\*|[\w][\w .:/+@-]{0,99})$/.test(value)) return value
      this.#say(
        value === undefined ? path : [...path, field],
        value === undefined
          ? `${field} is missing`
          : `${field} must be a name of 1 to 100 letters, digits and . : / + @ _ -`,
      )
      return ''
    }
    const service = text('service', kind === 'price' ? undefined : '*')
    const component = kind === 'policy' ? '*' : text('component', kind === 'discount' ? '*' : undefined)
    if (kind === 'price' && service === '*') this.#say([...path, 'service'], 'a price names its service')
    if (kind === 'price' && component === '*')
      this.#say([...path, 'component'], 'a price names its component, such as cpu')
    if (kind === 'policy' && raw['component'] !== undefined) {
      this.#say([...path, 'component'], 'a policy is for a service and subtype, not for one component')
    }
    const scopes = scopeFields.filter((field) => raw[field] !== undefined)
    for (const more of scopes.slice(1)) this.#say([...path, more], `one scope only: ${scopes[0]} or ${more}`)
    const [scopeKind] = scopes
    const scope = scopeKind ? raw[scopeKind] : ''
    if (typeof scope !== 'string' || (scopeKind && scope.trim() === '')) {
      this.#say([...path, scopeKind as string], `${scopeKind} must be a name`)
    }
    const known: ScopeKind = scopeKind ?? 'default'
    return { service, subtype: text('subtype', '*'), component, scopeKind: known, scope: String(scope) }
  }

  #time(raw: Record<string, unknown>, field: string, path: Path): number | undefined {
    const value = raw[field]
    if (value === undefined) return undefined
    const ms = typeof value === 'string' ? parseMoment(value, this.#zone) : undefined
    if (ms === undefined) {
      this.#say([...path, field], `${field} must be a date (2026-11-01) or a moment (2026-11-01T00:00:00+07:00)`)
    }
    return ms
  }

  #own(raw: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(raw).filter(([field]) => !keyFields.includes(field)))
  }

  #nothingElse(kind: Kind, raw: Record<string, unknown>, path: Path): null {
    for (const field of Object.keys(this.#own(raw))) {
      this.#say([...path, field], `what has ended has no ${field}: leave out ${fieldsOf[kind].join(', ')}`)
    }
    return null
  }

  #definition(kind: Kind, raw: Record<string, unknown>, path: Path): object | undefined {
    const { definition, mistakes } = checkDefinition(kind, this.#own(raw), this.#meters)
    for (const mistake of mistakes) this.#sayMistake(mistake, path)
    return definition
  }

  #sayMistake({ path: inner, message, formula }: Mistake, path: Path): void {
    const where = [...path, ...inner]
    if (!formula) return this.#say(where, message)
    const { line, column } = this.#place(where, formula)
    this.mistakes.push({ line, column, message, pointed: formula.pointed })
  }

  #say(path: Path, message: string): void {
    this.mistakes.push({ ...this.#place(path), message })
  }

  #sayAt(offset: number, message: string): void {
    const { line, col } = this.#counter.linePos(offset)
    this.mistakes.push({ line, column: col, message })
  }

  /** Where a value stands, or its key where it cannot be right, or else what is around it. */
  #place(path: Path, formula?: FormulaError): { line: number; column: number } {
    const node = path.length === 0 ? this.#document.contents : (this.#document.getIn(path, true) as Node | undefined)
    const offset = node?.range?.[0]
    if (offset === undefined) return path.length > 0 ? this.#place(path.slice(0, -1)) : { line: 1, column: 1 }
    // Only in a scalar on one line without escapes does the formula's character have a place of its own.
    const plain = formula && isScalar(node) && node.source === formula.formula
    const quoted = plain && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') ? 1 : 0
    const { line, col } = this.#counter.linePos(offset + (plain ? quoted + formula.at : 0))
    return { line, column: col }
  }
}

/** A date is the local midnight that it begins with; a moment without an offset is local too. */
export function parseMoment(text: string, zone: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?$/.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0))
  const parsed = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  if (Number.isNaN(parsed.getTime()) || parsed.getUTCDate() !== day || year === 0) return undefined
  if (Number(match[7]?.slice(1, 3)) > 14 || Number(match[7]?.slice(4)) > 59) return undefined
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return undefined
  if (match[7]) return Date.parse(text.replace(' ', 'T'))
  const local = { year, month, day, hour, minute, second } as Parameters<typeof zonedTime>[0]
  return zonedTime(local, zone)
}

export function readPriceFile(text: string, zone: string, meters: Meters) {
  const { entries, mistakes } = new PriceFile(text, zone, meters)
  return { entries, mistakes: mistakes.sort((a, b) => a.line - b.line || a.column - b.column) }
}
