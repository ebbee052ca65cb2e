import { timestampText } from '../../database/copy-text.ts'
import type { Micros } from '../lax/moment.ts'

const million = 1_000_000n

/** Microseconds since 1970 as PostgreSQL prints a timestamptz in COPY. */
export function microsColumn(micros: Micros): string {
  const rest = ((micros % million) + million) % million
  const whole = timestampText(Number((micros - rest) / 1000n))
  if (rest === 0n) return whole
  return whole.replace('+00', `.${String(rest).padStart(6, '0').replace(/0+$/, '')}+00`)
}
