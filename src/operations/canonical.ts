import { strict as assert } from 'node:assert'
import { hash } from 'node:crypto'

/** One text for one JSON value: keys in order, what is undefined left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    assert(Number.isFinite(value), 'a number of JSON is finite')
    return String(value)
  }
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry ?? null)).join(',')}]`
  assert(isPlain(value), `no JSON value: ${typeof value}`)
  let text = ''
  for (const key of inOrder(Object.keys(value))) {
    const member = value[key]
    if (member === undefined) continue
    text += (text === '' ? '' : ',') + headOf(key) + canonicalJson(member)
  }
  return `{${text}}`
}

const plain = /^[ !#-[\]-~]*$/

/** As JSON.stringify has it, which takes its time even where there is nothing to escape. */
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text))

/** The same few fields come with every call. */
const heads = new Map<string, string>()
const headsMax = 10_000

function headOf(key: string): string {
  let head = heads.get(key)
  if (head === undefined) {
    if (heads.size >= headsMax) heads.clear()
    heads.set(key, (head = `${quoted(key)}:`))
  }
  return head
}

/** In place: a dozen keys, as inputs have, are sorted sooner by hand. */
function inOrder(keys: string[]): string[] {
  if (keys.length > 16) return keys.sort()
  for (let end = 1; end < keys.length; end += 1) {
    const key = keys[end] as string
    let place = end
    for (; place > 0 && (keys[place - 1] as string) > key; place -= 1) keys[place] = keys[place - 1] as string
    keys[place] = key
  }
  return keys
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** What tells one call from another under the same key, hexadecimal. */
export const inputDigest = (command: string, input: unknown): string =>
  hash('sha256', `{"command":${quoted(command)},"input":${canonicalJson(input ?? null)}}`, 'hex')
