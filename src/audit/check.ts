/** One thing that was looked at, and what was found; a fault says which operation, block or table. */
export type Check = { readonly name: string; readonly ok: boolean; readonly detail: string }

const faultsShown = 20

/** Collects faults of one kind: all are counted, the first are told. */
export class Faults {
  private count = 0
  private readonly first: string[] = []

  add(fault: string): void {
    this.count += 1
    if (this.first.length < faultsShown) this.first.push(fault)
  }

  check(name: string, looked: string): Check {
    if (this.count === 0) return { name, ok: true, detail: looked }
    const more = this.count > faultsShown ? `; and ${this.count - faultsShown} more` : ''
    return { name, ok: false, detail: this.first.join('; ') + more }
  }
}
