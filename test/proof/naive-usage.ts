import { nanosText } from '../../src/values/money.ts'

type Span = 'day' | 'month' | 'total'
export type Used = { readonly id: string; readonly payer: string; readonly person: string; readonly nanos: bigint }

/** A lot of each grant that expires; what is dated and spent is noted with the page that it paid. */
type Lot = { readonly expires: number; left: bigint }
type Page = {
  readonly paid: Map<string, Map<Lot, bigint>>
  /** By owner: the windows in which what was used counts. */
  readonly counted: Map<string, readonly string[]>
}
type Charged = Used & { readonly page: Page; refunded: bigint }

const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** The second account of what usage does to credits and budgets: plain sums, and nothing remembered twice. */
export class NaiveUsage {
  readonly #zone: string
  readonly #above = new Map<string, string>()
  readonly #posted = new Map<string, bigint>()
  readonly #lots = new Map<string, Lot[]>()
  readonly #budgets = new Map<string, Set<Span>>()
  readonly #used = new Map<string, bigint>()
  readonly #charged = new Map<string, Charged>()

  constructor(zone: string) {
    this.#zone = zone
  }

  belongs(payer: string, organisation: string): void {
    this.#above.set(payer, organisation)
  }

  grant(payer: string, nanos: bigint, expires: number | null): void {
    this.#post(payer, nanos)
    if (expires === null) return
    const lots = [...(this.#lots.get(payer) ?? []), { expires, left: nanos }]
    this.#lots.set(
      payer,
      lots.sort((a, b) => a.expires - b.expires),
    )
  }

  budget(owner: string, span: Span, stands: boolean): void {
    const spans = this.#budgets.get(owner) ?? new Set()
    if (stands) spans.add(span)
    else spans.delete(span)
    this.#budgets.set(owner, spans)
  }

  /** What was charged before of the same usage comes back first, all of it. */
  page(used: readonly Used[], at: number): void {
    const changed = used.filter(({ id, nanos, person }) => {
      const before = this.#charged.get(id)
      return !before || before.nanos !== nanos || before.person !== person
    })
    for (const { id } of changed) this.#giveBack(id, this.kept(id))
    const page: Page = { paid: new Map(), counted: new Map() }
    for (const each of changed) {
      this.#charged.set(each.id, { ...each, page, refunded: 0n })
      this.#post(each.payer, -each.nanos)
      this.#spend(page, each.payer, each.nanos, at)
      for (const owner of [each.payer, each.person]) {
        const windows = [owner, this.#above.get(owner)].flatMap((name) => this.#windows(name, at))
        page.counted.set(owner, windows)
        for (const window of windows) this.#count(window, each.nanos)
      }
    }
  }

  /** What was paid for it and has not come back. */
  kept(id: string): bigint {
    const charged = this.#charged.get(id)
    return charged ? charged.nanos - charged.refunded : 0n
  }

  refund(id: string, nanos: bigint): void {
    this.#giveBack(id, nanos)
    const charged = this.#charged.get(id)
    if (charged) charged.refunded += nanos
  }

  /** What came back to credits whose time was over is gone as well. */
  expire(now: number): void {
    for (const [payer, lots] of this.#lots) {
      for (const lot of lots) {
        if (lot.expires > now) continue
        this.#post(payer, -lot.left)
        lot.left = 0n
      }
    }
  }

  lines(): string[] {
    const lines: string[] = []
    for (const [payer, posted] of this.#posted) if (posted !== 0n) lines.push(`${payer} has ${nanosText(posted)}`)
    for (const [payer, lots] of this.#lots) {
      for (const [expires, same] of Map.groupBy(lots, (lot) => lot.expires)) {
        const left = same.reduce((sum, lot) => sum + lot.left, 0n)
        if (left !== 0n) lines.push(`${payer} ${expires}: ${nanosText(left)}`)
      }
    }
    for (const [window, used] of this.#used) if (used !== 0n) lines.push(`${window}: ${nanosText(used)}`)
    return lines.sort()
  }

  #post(payer: string, nanos: bigint): void {
    this.#posted.set(payer, (this.#posted.get(payer) ?? 0n) + nanos)
  }

  #count(window: string, nanos: bigint): void {
    this.#used.set(window, (this.#used.get(window) ?? 0n) + nanos)
  }

  #windows(owner: string | undefined, at: number): string[] {
    const date = new Intl.DateTimeFormat('sv-SE', { timeZone: this.#zone }).format(at)
    const starts = { day: date, month: `${date.slice(0, 7)}-01`, total: '0001-01-01' }
    return [...(this.#budgets.get(owner ?? '') ?? [])].map((span) => `${owner} ${span} ${starts[span]}`)
  }

  #spend(page: Page, payer: string, nanos: bigint, at: number): void {
    const paid = page.paid.get(payer) ?? new Map<Lot, bigint>()
    page.paid.set(payer, paid)
    let open = nanos
    for (const lot of this.#lots.get(payer) ?? []) {
      if (lot.expires <= at) continue
      const part = lesser(lot.left, open)
      lot.left -= part
      open -= part
      paid.set(lot, (paid.get(lot) ?? 0n) + part)
    }
  }

  /** To the dated credits that paid the page, the last to expire first; and it counts no more where it counted. */
  #giveBack(id: string, nanos: bigint): void {
    const charged = this.#charged.get(id)
    if (!charged) return
    const { page, payer, person } = charged
    this.#post(payer, nanos)
    for (const owner of [payer, person]) for (const window of page.counted.get(owner) ?? []) this.#count(window, -nanos)
    let open = nanos
    const paid = page.paid.get(payer) ?? new Map<Lot, bigint>()
    for (const [lot, spent] of [...paid].sort(([a], [b]) => b.expires - a.expires)) {
      const part = lesser(spent, open)
      lot.left += part
      open -= part
      paid.set(lot, spent - part)
    }
  }
}
