import { timestampText } from '../../database/copy-text.ts'

/** Microseconds since 1970 as PostgreSQL prints a timestamptz in COPY. */
export function microsColumn(micros: number): string {
  const rest = ((micros % 1_000_000) + 1_000_000) % 1_000_000
  const whole = timestampText((micros - rest) / 1000)
  if (rest === 0) return whole
  return whole.replace('+00', `.${String(rest).padStart(6, '0').replace(/0+$/, '')}+00`)
}
