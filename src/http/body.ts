import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'

type Take = (request: FastifyRequest, text: string, done: (error: Error | null, value?: unknown) => void) => void

/**
 * Bodies of these types are taken as text. Of bytes that are no UTF-8 a text would be made that nobody sent, and the same
 * one of different bodies: they are refused.
 */
export function addTextParser(server: FastifyInstance, types: string | RegExp | string[], take: Take): void {
  server.addContentTypeParser<Buffer>(types, { parseAs: 'buffer' }, (request, bytes, done) => {
    if (isUtf8(bytes)) return take(request, bytes.toString(), done)
    done(new Problem('request-invalid', { detail: `The body is not UTF-8: see position ${faultOfUtf8(bytes)}.` }))
  })
}

/** How many characters stand before the first that is none; of bytes that hold one. */
export function faultOfUtf8(bytes: Buffer): number {
  const text = bytes.toString()
  let [place, byte] = [0, 0]
  for (;;) {
    const next = text.indexOf('\ufffd', place)
    byte += Buffer.byteLength(text.slice(place, next))
    // It may stand there as it is.
    if (next < 0 || bytes.readUIntBE(byte, Math.min(3, bytes.length - byte)) !== 0xefbfbd) return next
    place = next + 1
    byte += 3
  }
}

/** JSON, and what else is JSON by another name; a JSON text that PostgreSQL could not keep is refused with its field. */
export function addBodyParsers(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.removeContentTypeParser(['application/json', 'text/plain'])
  for (const type of ['application/json', /^application\/[a-z0-9.-]+\+json/]) {
    addTextParser(server, type, (request, body, done) => {
      if (!mayHarm.test(body)) return readAsItIs(body, done)
      void parse(request, body, (error, value) => {
        if (error) return done(badJson(body))
        // Looking for the escape in the text is cheap; the whole value is walked only where one is found.
        const found = mayHoldUnkept.test(body) ? unkeptIn(value) : undefined
        done(found ? new Problem('request-invalid', { issues: [found] }) : null, value)
      })
    })
  }
  const texts = ['text/csv', 'application/yaml', 'application/x-yaml', 'text/yaml']
  addTextParser(server, texts, (_, body, done) => done(null, body))
}

/** What could be a field that changes what objects are, or be escaped; nearly no body holds any of it. */
const mayHarm = /\\|__proto__|constructor/

function readAsItIs(body: string, done: (error: Error | null, value?: unknown) => void): void {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return done(badJson(body))
  }
  done(null, value)
}

const mayHoldUnkept = /\\u(?:0000|[dD][89a-fA-F])/

function unkeptIn(value: unknown): ReturnType<typeof unkept> {
  try {
    return unkept(value, 'body')
  } catch (error) {
    if (error instanceof RangeError) return { field: 'body', message: 'is nested too deeply' }
    throw error
  }
}

/** Texts that no database keeps as they are: NUL characters, and halves of a pair. */
function unkept(value: unknown, field: string): { field: string; message: string } | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return { field, message: 'holds a NUL character: remove it' }
    if (!value.isWellFormed()) return { field, message: 'is not valid Unicode: half of a pair stands alone' }
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, inner] of Object.entries(value)) {
    const found = unkept(name, `${field} (the name of a field)`) ?? unkept(inner, `${field}.${name}`)
    if (found) return found
  }
  return undefined
}

function badJson(body: string): Problem {
  if (body.trim() === '') return new Problem('request-invalid', { detail: 'The body is empty: send JSON.' })
  const number = /[:[,]\s*(-?(?:NaN|Infinity))/.exec(body)?.[1]
  const why = number ? `${number} is no number of JSON` : faultOf(body)
  return new Problem('request-invalid', { detail: `The body is no JSON: ${why}.` })
}

/** As the language itself says it, with the place; a text that it can read has fields that change what objects are. */
function faultOf(body: string): string {
  try {
    JSON.parse(body)
    return 'no field may be called __proto__ or constructor.prototype'
  } catch (error) {
    return (error as Error).message.slice(0, 200)
  }
}

/** The same for addresses, where a NUL is written %00. */
export function refuseNulls(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _, done) => {
    if (!request.url.includes('%00')) return done()
    const at = request.url.indexOf('%00')
    const query = request.url.indexOf('?')
    const name = /([^?&=]+)=[^&]*$/.exec(request.url.slice(0, at))?.[1]
    const field = query >= 0 && at > query ? `query.${name ?? ''}` : 'path'
    done(new Problem('request-invalid', { issues: [{ field, message: 'holds a NUL character: remove it' }] }))
  })
}
