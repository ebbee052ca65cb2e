import { randomBytes } from 'node:crypto'

const atOnce = 256

/** Salts, each 32 hexadecimal digits and never the same; drawn many at a time. */
export function newSalts(): () => string {
  let drawn = ''
  let at = 0
  return () => {
    if (at >= drawn.length) {
      drawn = randomBytes(16 * atOnce).toString('hex')
      at = 0
    }
    at += 32
    return drawn.slice(at - 32, at)
  }
}
