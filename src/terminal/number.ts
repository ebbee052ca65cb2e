/** `1234567.5` as `1,234,567.5`: works on the text, so that no digit is lost on the way to the eye. */
export function grouped(decimal: string | number | bigint, placesMin = 0): string {
  const [, sign, whole, fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(decimal)) ?? []
  if (whole === undefined) return String(decimal)
  const places = (fraction ?? '').padEnd(placesMin, '0')
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${places && `.${places}`}`
}

/** An amount as people write it: at least two places, all that it has. */
export const amountText = (decimal: string, currency: string): string => `${grouped(decimal, 2)} ${currency}`

/** A count of tenths as `4.2`. */
function tenths(count: number): string {
  const whole = Math.round(count)
  return `${Math.floor(whole / 10)}.${whole % 10}`
}

/** `850 ms`, `4.2 s`, `3 min 12 s`, `2 h 05 min`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${tenths(milliseconds / 100)} s`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `1.4 GiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let index = 0
  let value = bytes
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024
    index += 1
  }
  return `${index === 0 ? value : tenths(value * 10)} ${units[index]}`
}
