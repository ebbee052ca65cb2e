import type { BadRow, Fact } from '../metering/fact.ts'

/** What a door has read: facts, and rows that could not become facts with what it takes to read them again. */
export type Page = {
  readonly facts: readonly Fact[]
  readonly bad: readonly (BadRow & { readonly door: string })[]
  /** Rows of the quarantine that were read again; what became of each stands among the facts. */
  readonly replays?: readonly Replay[]
  /** By `nameOf`, of facts that not everybody's record may be corrected by: whose may, by UUID. */
  readonly owners?: ReadonlyMap<string, ReadonlySet<string>>
}

export const nameOf = ({ source, externalId }: Pick<Fact, 'source' | 'externalId'>): string =>
  `${source}\n${externalId}`

/** A quarantined row read again: its facts, or why it still cannot be read. */
export type Replay = { readonly id: bigint; readonly facts: readonly Fact[]; readonly reason: string | undefined }

/** The door of facts that were read well and name somebody unknown. */
export const factDoor = 'fact'

export type PageSettings = {
  readonly principal: string
  readonly unknown: 'create' | 'quarantine'
  /** Usage that ended before is recorded and rated, never charged; epoch milliseconds. */
  readonly chargeFrom: number | null
  /** For a door that answers each fact: the caller's own key, and a digest of what came with it. */
  readonly call?: { readonly key: string; readonly digest: string }
}

/** What became of one fact. One that is not named among the outcomes of its page said nothing new. */
export type FactOutcome = {
  readonly source: string
  readonly externalId: string
  readonly outcome: 'recorded' | 'corrected' | 'quarantined'
  /** Number of the record. */
  readonly record?: string
  readonly state?: string
  readonly reason?: string
  /** By currency, what it is charged from now on. */
  readonly charged?: Readonly<Record<string, string>>
  /** The same less what it was charged until now. */
  readonly net?: Readonly<Record<string, string>>
}

export type PageResult = {
  readonly recorded: number
  readonly duplicates: number
  readonly corrected: number
  /** Of the duplicates, those that were measured later than all that said the same before. */
  readonly confirmed: number
  readonly quarantined: number
  /** Rows of the quarantine that were read again and wait no more, and those that still do. */
  readonly replayed: number
  readonly stillWaiting: number
  /** Records that were charged, for the first time or anew. */
  readonly charged: number
  readonly unpriced: number
  /** What the page came to, by currency, in nanos: charges less reversals. */
  readonly amounts: ReadonlyMap<string, bigint>
  /** Only where they were asked for. */
  readonly outcomes?: readonly FactOutcome[]
  /** The operation, and the answer that it keeps; of a page that said nothing new there is none. */
  readonly answered?: { readonly operation: bigint; readonly answer: string } | undefined
}

export const emptyResult: PageResult = {
  recorded: 0,
  duplicates: 0,
  corrected: 0,
  confirmed: 0,
  quarantined: 0,
  replayed: 0,
  stillWaiting: 0,
  charged: 0,
  unpriced: 0,
  amounts: new Map(),
}

/** The sum of two results, for the run over many pages. */
export function together(a: PageResult, b: PageResult): PageResult {
  const amounts = new Map(a.amounts)
  for (const [currency, nanos] of b.amounts) amounts.set(currency, (amounts.get(currency) ?? 0n) + nanos)
  return {
    recorded: a.recorded + b.recorded,
    duplicates: a.duplicates + b.duplicates,
    corrected: a.corrected + b.corrected,
    confirmed: a.confirmed + b.confirmed,
    quarantined: a.quarantined + b.quarantined,
    replayed: a.replayed + b.replayed,
    stillWaiting: a.stillWaiting + b.stillWaiting,
    charged: a.charged + b.charged,
    unpriced: a.unpriced + b.unpriced,
    amounts,
  }
}
