import { strict as assert } from 'node:assert'
import { hash } from 'node:crypto'

/** One text for one JSON value: keys in order, what is undefined left out. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number') {
    assert(Number.isFinite(value), 'a number of JSON is finite')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry ?? null)).join(',')}]`
  assert(isPlain(value), `no JSON value: ${typeof value}`)
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`)
  return `{${members.join(',')}}`
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** What tells one call from another under the same key, hexadecimal. */
export const inputDigest = (command: string, input: unknown): string =>
  hash('sha256', canonicalJson({ command, input: input ?? null }), 'hex')
