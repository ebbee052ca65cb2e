import { Problem } from './problem.ts'

/** Epoch milliseconds of a time that its schema let in. @throws Problem for a day that no month has */
export function momentIn(field: string, text: string): number {
  const ms = Date.parse(text)
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number]
  if (!Number.isNaN(ms) && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day) return ms
  throw new Problem('request-invalid', { issues: [{ field, message: 'is no time that there is' }] })
}
