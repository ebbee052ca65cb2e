/** How the proof speaks. */
export type Say = (text: string) => void

export const grouped = (number: number | bigint): string => number.toLocaleString('en-US')

function baht(nanos: bigint): string {
  const whole = nanos / 1_000_000_000n
  return `${grouped(whole)}.${String(nanos % 1_000_000_000n).padStart(9, '0')}`
}

type Compared = {
  readonly jobs: number
  readonly lines: number
  readonly transfers: number
  readonly nanos: bigint
}

export const comesTo = ({ jobs, lines, transfers, nanos }: Compared): string =>
  `Σ usage × price = Σ charges = Σ transfers = Σ balances = ${baht(nanos)} THB ` +
  `(${grouped(jobs)} jobs, ${grouped(lines)} charges, ${grouped(transfers)} transfers)`
