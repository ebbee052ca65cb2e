import type { PoolClient } from 'pg'
import { type Check, Faults } from '../audit/check.ts'
import { rows } from '../database/reader.ts'
import type { House } from '../operations/house.ts'
import { partiesOf } from '../parties/commands.ts'
import { loadBook } from '../pricing/commands.ts'
import { together, type Wrong, wrongText } from './inquiry.ts'
import { Lines, Sorted } from './lines.ts'
import { Again } from './rating.ts'
import {
  type ChargeLine,
  chargeOf,
  chargesOrdered,
  judge,
  type RecordLine,
  recordOf,
  recordsOrdered,
  type StateLine,
  stateOf,
  statesOrdered,
} from './verdict.ts'

const identitiesOrdered = `select record from metering.identities order by record`

const unmarked = (version: bigint, record: number): Wrong => ({
  table: 'pricing.uses',
  row: `prc_${version}`,
  operation: String(version >> 20n),
  wrong: `it decided what rec_${record} is charged, and it is not marked as used`,
})

/**
 * Reads records, their charges and states side by side, in the order of the records, and rates each record that
 * stands once more: it has exactly the charges that the price book makes of it, or a state that says why not.
 */
export const checkUsage = (house: House, onRecords: (count: number) => void): Promise<Check> =>
  together(house.database, 4, async ([first, second, third, fourth]) => {
    const book = await loadBook(first as PoolClient)
    const marks = await rows<{ version: string }>(first as PoolClient, 'select version from pricing.uses')
    const marked = new Set(marks.map(({ version }) => BigInt(version)))
    const again = new Again(book.versions, house.zone, await partiesOf(first as PoolClient), marked)
    const faults = new Faults()
    const records = new Lines(first as PoolClient, recordsOrdered)
    const others = [
      new Lines(second as PoolClient, chargesOrdered),
      new Lines(third as PoolClient, statesOrdered),
      new Lines(fourth as PoolClient, identitiesOrdered),
    ] as const
    const charges = new Sorted(others[0], chargeOf)
    const states = new Sorted(others[1], stateOf)
    const standing = new Sorted(others[2], (line) => ({ key: Number(line) }))
    let count = 0
    try {
      for (;;) {
        const batch = (await records.next()).map(recordOf)
        const last = batch.at(-1)?.key ?? Number.POSITIVE_INFINITY
        const page = new Page(await charges.upTo(last), await states.upTo(last), await standing.upTo(last))
        for (const record of batch) for (const wrong of page.judge(record, again)) faults.add(wrongText(wrong))
        for (const wrong of page.leftOver()) faults.add(wrongText(wrong))
        if (batch.length === 0) break
        onRecords((count += batch.length))
      }
    } finally {
      for (const lines of [records, ...others]) await lines.close()
    }
    for (const [version, record] of again.unmarked) faults.add(wrongText(unmarked(version, record)))
    const former = again.former === 0 ? '' : `, ${again.former} of them for a tier that their project had before`
    return faults.check('rating again gives the same charges', `${count} records${former}`)
  })

/** What belongs to a stretch of records; each part is walked once. */
class Page {
  readonly #charges: readonly ChargeLine[]
  readonly #states: readonly StateLine[]
  readonly #standing: readonly { readonly key: number }[]
  readonly #strays: Wrong[] = []
  #charge = 0
  #state = 0
  #stand = 0

  constructor(charges: readonly ChargeLine[], states: readonly StateLine[], standing: readonly { key: number }[]) {
    this.#charges = charges
    this.#states = states
    this.#standing = standing
  }

  judge(record: RecordLine, again: Again): Wrong[] {
    const { key } = record
    this.#skipTo(key)
    const from = this.#charge
    while (this.#charges[this.#charge]?.key === key) this.#charge += 1
    let state: StateLine | undefined
    while (this.#states[this.#state]?.key === key) state = this.#states[this.#state++]
    while ((this.#standing[this.#stand]?.key ?? Infinity) < key) this.#stand += 1
    const stands = this.#standing[this.#stand]?.key === key
    if (stands && this.#standing[this.#stand + 1]?.key === key) {
      return [
        { table: 'metering.identities', row: `of rec_${key}`, operation: record.operation, wrong: 'there are two' },
      ]
    }
    try {
      return judge(record, stands, this.#charges.slice(from, this.#charge), state, again)
    } catch (error) {
      // Only what was tampered with cannot be read or rated.
      const wrong = `it cannot be rated: ${(error as Error).message}`
      return [{ table: 'metering.records', row: `rec_${key}`, operation: record.operation, wrong }]
    }
  }

  #skipTo(key: number): void {
    for (let line = this.#charges[this.#charge]; line && line.key < key; line = this.#charges[this.#charge]) {
      this.#stray('charging.charges', `chg_${line.id}`, line)
      this.#charge += 1
    }
    for (let line = this.#states[this.#state]; line && line.key < key; line = this.#states[this.#state]) {
      this.#stray('charging.states', `${line.state} ${line.id}`, line)
      this.#state += 1
    }
  }

  #stray(table: string, row: string, { key, operation }: ChargeLine | StateLine): void {
    this.#strays.push({ table, row, operation, wrong: `there is no record rec_${key}` })
  }

  leftOver(): Wrong[] {
    this.#skipTo(Number.POSITIVE_INFINITY)
    return this.#strays
  }
}
