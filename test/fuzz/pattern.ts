import { strict as assert } from 'node:assert'
import type { Random } from '../proof/random.ts'

/**
 * A text that a pattern lets in: enough of regular expressions for those that contracts are written with. What looks
 * ahead is left out, so the caller tries again until the text fits.
 */
export function textOf(pattern: string, random: Random): string {
  const reader = { rest: pattern.replace(/^\^/, '').replace(/\$$/, '') }
  return alternatives(reader, random)()
}

type Reader = { rest: string }
type Make = () => string

function alternatives(reader: Reader, random: Random): Make {
  const choices: Make[] = []
  do {
    if (reader.rest.startsWith('|')) reader.rest = reader.rest.slice(1)
    choices.push(sequence(reader, random))
  } while (reader.rest.startsWith('|'))
  return () => (choices[random(choices.length)] as Make)()
}

function sequence(reader: Reader, random: Random): Make {
  const parts: Make[] = []
  while (reader.rest !== '' && !/^[|)]/.test(reader.rest)) {
    const part = atom(reader, random)
    const [least, most] = quantifier(reader)
    parts.push(() => Array.from({ length: least + random(Math.min(most - least, 8) + 1) }, part).join(''))
  }
  return () => parts.map((part) => part()).join('')
}

function quantifier(reader: Reader): [least: number, most: number] {
  const [whole, , least, comma, most] = /^(\{(\d+)(,?)(\d*)\}|[*+?])/.exec(reader.rest) ?? []
  if (whole === undefined) return [1, 1]
  reader.rest = reader.rest.slice(whole.length)
  if (whole === '*') return [0, 8]
  if (whole === '+') return [1, 8]
  if (whole === '?') return [0, 1]
  return [Number(least), most ? Number(most) : comma ? Number(least) + 8 : Number(least)]
}

function atom(reader: Reader, random: Random): Make {
  const ahead = /^\(\?[=!]/.test(reader.rest)
  const group = /^\((\?:|\?[=!])?/.exec(reader.rest)?.[0]
  if (group !== undefined) {
    reader.rest = reader.rest.slice(group.length)
    const inner = alternatives(reader, random)
    assert(reader.rest.startsWith(')'))
    reader.rest = reader.rest.slice(1)
    return ahead ? () => '' : inner
  }
  const set = /^(\[(?:\\.|[^\]\\])*\]|\\x[0-9a-f]{2}|\\.|.)/s.exec(reader.rest)?.[0] ?? ''
  reader.rest = reader.rest.slice(set.length)
  const fits = printable.filter((character) => new RegExp(`^${set}$`).test(character))
  assert(fits.length > 0, `nothing printable fits ${set}`)
  return () => fits[random(fits.length)] as string
}

const printable = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index))
