/** How Slurm's JSON says things, in every version of its API from v0.0.36 to v0.0.45. */
export type Loose = { readonly [name: string]: unknown }

export const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object's member that is an object; else an empty one, so that what is missing reads as unknown. */
export const part = (value: unknown, name: string): Loose => {
  const member = isLoose(value) ? value[name] : undefined
  return isLoose(member) ? member : nothing
}
const nothing: Loose = {}

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Counts that mean "no value" or "infinite" in 32 bits, and anything that a number cannot hold exactly. */
const isSentinel = (value: number): boolean =>
  !Number.isSafeInteger(value) || value < 0 || (value >= 0xffff_fff0 && value <= 0xffff_ffff)

/** A plain number, or from v0.0.39 on `{"set":true,"infinite":false,"number":30}`; undefined when there is none. */
export function count(value: unknown): number | undefined {
  if (typeof value === 'number') return isSentinel(value) ? undefined : value
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return count(Number(value))
  if (!isLoose(value) || value['infinite'] === true || value['set'] === false) return undefined
  return typeof value['number'] === 'number' ? count(value['number']) : undefined
}

/** Epoch seconds as milliseconds; zero and null mean that it has not happened. */
export function moment(value: unknown): number | undefined {
  const seconds = count(value)
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000
}

/** `{seconds, microseconds}` in microseconds. */
export const microseconds = (value: Loose): number =>
  (count(value['seconds']) ?? 0) * 1_000_000 + (count(value['microseconds']) ?? 0)
