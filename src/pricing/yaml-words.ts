import { type Document, Scalar, visit, type YAMLParseError } from 'yaml'

type Fault = { readonly offset: number; readonly message: string }

/** What is wrong with the form of a file, for somebody who does not know what YAML calls it; one for each place. */
export function faultsOf(document: Document.Parsed, text: string): Fault[] {
  const found = new Map<number, Fault>()
  for (const error of document.errors) {
    const fault = faultOf(error, document, text)
    // What follows from a fault stands at its place.
    if (!found.has(fault.offset)) found.set(fault.offset, fault)
  }
  return [...found.values()]
}

function faultOf({ code, message, pos: [offset] }: YAMLParseError, document: Document.Parsed, text: string): Fault {
  const told = (words: string): Fault => ({ offset, message: words })
  const here = String.fromCodePoint(text.codePointAt(offset) ?? 0x20)
  switch (code) {
    case 'TAB_AS_INDENT':
      return told('a tab cannot indent a line: write spaces')
    case 'DUPLICATE_KEY':
      return told(`${/^[\w-]+/.exec(text.slice(offset, offset + 50))?.[0] ?? 'a field'} stands twice: leave one out`)
    case 'MULTILINE_IMPLICIT_KEY':
      return told('a colon is missing: write field: value, with a space behind the colon')
    case 'BLOCK_AS_IMPLICIT_KEY':
      return told(
        'a value has a colon in it, or the next line stands too far to the right: put the value in quotes, or let the ' +
          'fields of one entry begin under each other',
      )
    case 'BLOCK_IN_FLOW':
      return told('a comma is missing: in { } and [ ] one stands between two fields')
    case 'BAD_SCALAR_START':
      return told(`a value cannot begin with ${here} here: put it in quotes`)
    case 'BAD_DQ_ESCAPE':
      return told('\\ in double quotes begins something that there is not: use single quotes')
    case 'MULTIPLE_DOCS':
      return told('--- begins a second file: take it out, and write all lists into one')
    case 'UNEXPECTED_TOKEN':
      return told(
        `${here.trim() === '' ? 'this' : here} cannot stand here: look for one too many, or one missing before it`,
      )
    case 'BAD_INDENT':
      return told(indentText(message))
    case 'MISSING_CHAR':
      return missingText(offset, message, document)
    default:
      return told(`this cannot be read (YAML says: ${message})`)
  }
}

const unevenText = 'this line stands otherwise than those around it: let the fields of one entry begin under each other'

function indentText(message: string): string {
  const [, end] = /end with an? ([\]}])/.exec(message) ?? []
  if (end === undefined) return unevenText
  return `what ${end === '}' ? '{' : '['} began is not closed before this line: close it with ${end}`
}

function missingText(offset: number, message: string, document: Document.Parsed): Fault {
  const [, quote] = /^Missing closing (["'])quote/.exec(message) ?? []
  if (quote !== undefined)
    return { offset: lastQuoted(document) ?? offset, message: `what ${quote} begins here has no ${quote} at its end` }
  if (message.startsWith('Implicit map keys'))
    return { offset, message: 'a colon is missing: write field: value, with a space behind the colon' }
  return { offset, message: unevenText }
}

/** Nothing is read behind a quote that is not closed. */
function lastQuoted(document: Document.Parsed): number | undefined {
  let last: number | undefined
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE) last = range?.[0]
    },
  })
  return last
}

/** Why what `*name` stands for cannot be put in its place. */
export function aliasText({ message }: Error): string {
  const [, name] = /^Unresolved alias .*: (\S+)$/.exec(message) ?? []
  if (name !== undefined) return `*${name} stands for nothing: no &${name} stands before it`
  return 'what stands for something else here unfolds without end: write it out'
}
