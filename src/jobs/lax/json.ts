/** A body that is no JSON: where that shows first. */
export class NoJson {
  readonly offset: number
  readonly error: string

  constructor(offset: number, error: string) {
    this.offset = offset
    this.error = error
  }
}

/** Whole numbers of so many digits are more than a number holds: they are kept whole. */
const long = /\d{16}/
const unspoken = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g

/** Reads JSON, with the words for what is no number that Python writes too. */
export function readJson(body: string): unknown {
  try {
    return long.test(body)
      ? JSON.parse(body, wholeNumbers as (key: string, value: unknown) => unknown)
      : JSON.parse(body)
  } catch {
    const fault = faultIn(body)
    if (!/NaN|Infinity/.test(body)) return fault
    try {
      return JSON.parse(body.replace(unspoken, (found) => (found.startsWith('"') ? found : '1e999')))
    } catch {
      return fault
    }
  }
}

function wholeNumbers(_: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
  // Longer than any number that anybody means, it would take long to read.
  return /^-?\d{1,400}$/.test(source) ? BigInt(source) : value
}

/** What one thing of JSON looks like, at the place where the last one ended. */
const space = /[ \t\n\r]*/y
const scalar =
  // oxlint-disable-next-line no-control-regex -- JSON forbids them inside a text, and here that is looked for
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** Goes through a text that is known to be broken, as far as it is whole. */
function faultIn(body: string): NoJson {
  const open: string[] = []
  let at = 0
  const skip = (what: RegExp): boolean => {
    what.lastIndex = at
    const found = what.test(body)
    if (found) at = what.lastIndex
    return found
  }
  /** What may stand here: a value, a name, or what goes on after a value. */
  let wanted: 'value' | 'first' | 'name' | 'more' = 'value'
  for (;;) {
    skip(space)
    const sign = body[at] ?? ''
    if (wanted === 'more') {
      const inside = open.at(-1)
      if (inside === undefined) return new NoJson(at, 'Extra data')
      if (sign === inside) open.pop()
      else if (sign === ',') wanted = inside === '}' ? 'name' : 'value'
      else return new NoJson(at, "Expecting ',' delimiter")
      at += 1
    } else if ((wanted === 'name' || wanted === 'first') && open.at(-1) === '}') {
      if (wanted === 'first' && sign === '}') {
        open.pop()
        at += 1
        wanted = 'more'
        continue
      }
      if (sign !== '"' || !skip(scalar)) return new NoJson(at, 'Expecting property name enclosed in double quotes')
      skip(space)
      if (body[at] !== ':') return new NoJson(at, "Expecting ':' delimiter")
      at += 1
      wanted = 'value'
    } else if (wanted === 'first' && sign === ']') {
      open.pop()
      at += 1
      wanted = 'more'
    } else if (sign === '{' || sign === '[') {
      open.push(sign === '{' ? '}' : ']')
      at += 1
      wanted = 'first'
    } else {
      if (!skip(scalar)) return new NoJson(at, 'Expecting value')
      wanted = 'more'
    }
  }
}
