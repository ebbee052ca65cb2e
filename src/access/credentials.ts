import { prefixOf } from './key.ts'

/** What a request brings along, before anybody has looked whether it is true. */
export type Credentials =
  | { readonly kind: 'key'; readonly text: string; readonly prefix: string }
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'bad'; readonly why: string }

const token = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/

/** Of an `Authorization` header: `Bearer` with a key or a token, `Basic` with the key as password, whoever the user is. */
export function credentialsOf(header: string | undefined): Credentials {
  if (header === undefined || header === '') return { kind: 'none' }
  const [, scheme = '', text = ''] = /^([A-Za-z]+) +(\S+) *$/.exec(header) ?? []
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return bearer(text)
    case 'basic':
      return basic(text)
    default:
      return {
        kind: 'bad',
        why: 'Send Authorization: Bearer and a key or a token, or Basic with a key as the password.',
      }
  }
}

function bearer(text: string): Credentials {
  const prefix = prefixOf(text)
  if (prefix !== undefined) return { kind: 'key', text, prefix }
  if (token.test(text)) return { kind: 'token', text }
  return { kind: 'bad', why: 'What stands behind Bearer is neither a key of Bursar (bsr_…) nor a JSON web token.' }
}

function basic(text: string): Credentials {
  const decoded = /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString() : ''
  const colon = decoded.indexOf(':')
  const password = decoded.slice(colon + 1)
  const prefix = colon < 0 ? undefined : prefixOf(password)
  if (prefix !== undefined) return { kind: 'key', text: password, prefix }
  return { kind: 'bad', why: 'The password of Basic must be a key of Bursar (bsr_…); the user may be any.' }
}
