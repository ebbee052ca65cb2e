export type BenchResult = {
  readonly metrics: Readonly<Record<string, number>>
  /** What a person reads: what was measured, against what. */
  readonly lines: readonly string[]
}
