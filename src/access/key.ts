import { hash } from 'node:crypto'

const pattern = /^bsr_([0-9A-Za-z]{8})_[0-9A-Za-z]{43}$/

/** The part of a key that is no secret, by which it is found; undefined when the text is no key. */
export const prefixOf = (text: string): string | undefined => pattern.exec(text)?.[1]

/** A fast hash is right here: what is hashed has 256 bits that nobody can guess, unlike a password. */
export const digestOf = (text: string): string => hash('sha256', text, 'base64')

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A key of 40 random bytes: 8 of them name it, 32 are its secret. */
export function keyFrom(random: Uint8Array): { readonly prefix: string; readonly secret: string } {
  const text = (bytes: Uint8Array, length: number): string => {
    let number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    let digits = ''
    for (let place = 0; place < length; place += 1) {
      digits += alphabet[Number(number % 62n)] as string
      number /= 62n
    }
    return digits
  }
  const prefix = text(random.subarray(0, 8), 8)
  return { prefix, secret: `bsr_${prefix}_${text(random.subarray(8, 40), 43)}` }
}

/** Names that belong to the house itself, and would share their idempotency keys with it. */
const taken = new Set(['local', 'bursar', 'demo', 'all'])

/** Why the text can be no principal, as a phrase. */
export function principalFault(text: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/.test(text))
    return 'must be 1 to 100 letters, digits, dots, dashes, underscores or @, and begin with a letter or digit'
  if (taken.has(text)) return `is a name of the house itself: take another than ${[...taken].join(', ')}`
  if (text.startsWith('per_')) return 'begins with per_: leave it out, and name the person as the only party'
  return undefined
}

/** Whose key it is where nobody says so: its only person's, else it is called like the key. */
export function principalFor(name: string, parties: 'all' | readonly string[], prefix: string): string {
  if (parties !== 'all' && parties.length === 1 && parties[0]?.startsWith('per_')) return parties[0]
  const word = name
    .trim()
    .replace(/[^A-Za-z0-9._@-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 100)
  return word === '' || principalFault(word) !== undefined ? `key-${prefix}` : word
}
