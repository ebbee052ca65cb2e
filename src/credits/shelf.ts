import type { Books } from '../operations/lane-command.ts'

/** What a batch reads and writes with. */
type Hand = Parameters<Books<unknown, unknown>['write']>[0]

/**
 * Rows of another module that change only together with wallets, and so under their locks: read for a whole batch at
 * once, written with it. The desk knows no more of them.
 */
export type Shelf<Key, Row> = {
  read(reader: Hand, keys: readonly Key[]): Promise<ReadonlyMap<Key, Row>>
  write(writer: Hand, rows: readonly Row[]): Promise<void>
}

/** What one batch has of a shelf. */
class Shelved<Key, Row> {
  readonly rows = new Map<Key, Row>()
  readonly changed = new Set<Row>()

  /** It is written with the batch. */
  put(key: Key, row: Row): void {
    this.rows.set(key, row)
    this.changed.add(row)
  }
}

/** What a command must see of one shelf. */
export type ShelfWant = { readonly shelf: Shelf<unknown, unknown>; readonly key: unknown }

/** That a command must see this row of that shelf. */
export const shelfWant = <Key, Row>(shelf: Shelf<Key, Row>, key: Key): ShelfWant => ({ shelf, key })

/** The shelves of one batch. */
export class Shelves {
  readonly #all = new Map<unknown, Shelved<unknown, unknown>>()

  of<Key, Row>(shelf: Shelf<Key, Row>): Shelved<Key, Row> {
    let found = this.#all.get(shelf)
    if (!found) this.#all.set(shelf, (found = new Shelved()))
    return found as Shelved<Key, Row>
  }

  /** Put off where the shelf puts its statement off. */
  async read(reader: Hand, wants: readonly ShelfWant[]): Promise<void> {
    const keys = new Map<Shelf<unknown, unknown>, Set<unknown>>()
    for (const { shelf, key } of wants) {
      const known = keys.get(shelf)
      if (known) known.add(key)
      else keys.set(shelf, new Set([key]))
    }
    const reading = [...keys].map(async ([shelf, wanted]) => {
      const { rows } = this.of(shelf)
      for (const [key, row] of await shelf.read(reader, [...wanted])) rows.set(key, row)
    })
    await Promise.all(reading)
  }

  async write(writer: Hand): Promise<void> {
    for (const [shelf, { changed }] of this.#all) {
      if (changed.size > 0) await (shelf as Shelf<unknown, unknown>).write(writer, [...changed])
    }
  }
}
