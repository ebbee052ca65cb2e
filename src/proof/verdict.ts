import type { Usage } from '../charging/rater.ts'
import type { Wrong } from './inquiry.ts'
import { plain } from './lines.ts'
import { type Again, isMadeBy } from './rating.ts'

export type RecordLine = {
  readonly key: number
  readonly operation: string
  readonly final: boolean
  readonly fields: readonly string[]
}

export type ChargeLine = {
  readonly key: number
  readonly id: string
  readonly operation: string
  readonly kind: string
  readonly component: string
  readonly part: string
  readonly revision: string
  readonly price: string
  readonly book: string
  readonly quantity: string
  readonly amount: string
  readonly currency: string
  readonly period: string
  readonly project: string
  readonly provider: string
}

export type StateLine = {
  readonly key: number
  readonly id: string
  readonly operation: string
  readonly state: string
  readonly book: number
}

/** The columns of `recordOf`. Of the dimensions prices look at the end state alone, and all of them are long. */
export const recordsOrdered = `
  select id, operation, final, project, person, service, subtype, (extract(epoch from starts_at) * 1000)::bigint,
         (extract(epoch from ends_at) * 1000)::bigint, quantities, dimensions ->> 'state', provider
    from metering.records order by id`

export function recordOf(line: string): RecordLine {
  const fields = line.split('\t')
  return { key: Number(fields[0]), operation: fields[1] as string, final: fields[2] === 't', fields }
}

function usageOf({ fields }: RecordLine): Usage {
  const [, , , project, person, service, subtype, startsAt, endsAt, quantities, state] = fields as string[]
  return {
    project: project as string,
    person: person === '\\N' ? null : (person as string),
    service: plain(service as string),
    subtype: plain(subtype as string),
    startsAt: Number(startsAt),
    endsAt: Number(endsAt),
    quantities: JSON.parse(plain(quantities as string)) as Usage['quantities'],
    dimensions: state === '\\N' ? {} : { state: plain(state as string) },
  }
}

/** The columns of `chargeOf`. */
export const chargesOrdered = `
  select record, id, operation, kind, component, part, revision, price, book, quantity, amount, currency, period,
         project, provider
    from charging.charges order by record, id`

export function chargeOf(line: string): ChargeLine {
  const fields = line.split('\t')
  const at = (place: number): string => fields[place] as string
  return {
    key: Number(fields[0]),
    id: at(1),
    operation: at(2),
    kind: at(3),
    component: plain(at(4)),
    part: at(5),
    revision: at(6),
    price: at(7),
    book: at(8),
    quantity: at(9),
    amount: at(10),
    currency: at(11),
    period: at(12),
    project: at(13),
    provider: at(14),
  }
}

/** The columns of `stateOf`. */
export const statesOrdered = `
  select record, id, operation, state, book from charging.states order by record, id`

export function stateOf(line: string): StateLine {
  const [key, id, operation, state, book] = line.split('\t') as [string, string, string, string, string]
  return { key: Number(key), id, operation, state, book: Number(book) }
}

/** What is wrong with what was made of one record: its charges, oldest first, and the newest of its states. */
export function judge(
  record: RecordLine,
  stands: boolean,
  charges: readonly ChargeLine[],
  state: StateLine | undefined,
  again: Again,
): Wrong[] {
  const [, , , project, , , , , , , , provider] = record.fields
  const foreign = charges.find((charge) => charge.project !== project || charge.provider !== provider)
  if (foreign) return [ofCharge(foreign, `it is of another project or provider than rec_${record.key}`)]
  const { live, wrongs } = withoutReversed(charges)
  if (wrongs.length > 0) return wrongs
  const wrong = (text: string): Wrong[] => [
    { table: 'metering.records', row: `rec_${record.key}`, operation: record.operation, wrong: text },
  ]
  const first = live[0]
  if (!stands) return first ? [ofCharge(first, 'its record was superseded, and it was not reversed')] : []
  if (first) {
    if (state && state.state !== 'charged') return [ofState(state, `it is charged all the same, by chg_${first.id}`)]
    if (!record.final) return [ofCharge(first, 'its record has not ended yet')]
    const other = live.find(({ revision, book }) => revision !== first.revision || book !== first.book)
    if (other) return [ofCharge(other, `it stands beside chg_${first.id}, of another rating`)]
    const made = again.differs(usageOf(record), { book: Number(first.book), record: record.key }, (rating) =>
      isMadeBy(rating, live),
    )
    return made === undefined ? [] : [ofCharge(first, `rating rec_${record.key} again gives ${made}`)]
  }
  if (!state) return wrong('it has neither charges nor a state')
  if (record.final === (state.state === 'accruing')) return [ofState(state, `its record is ${finality(record)}`)]
  if (state.state === 'accruing') return []
  if (state.state === 'charged') return [ofState(state, 'no charge stands')]
  const memos = charges.filter(({ kind }) => kind === 'memo')
  const made = again.differs(usageOf(record), { book: state.book, record: record.key }, (rating) =>
    state.state === 'uncharged'
      ? isMadeBy(rating, memos) || (rating.outcome === 'unpriced' && memos.length === 0)
      : rating.outcome === state.state,
  )
  return made === undefined ? [] : [ofState(state, `rating rec_${record.key} again gives ${made}`)]
}

const finality = ({ final }: RecordLine): string => (final ? 'final' : 'not final')

const ofCharge = ({ id, operation }: ChargeLine, wrong: string): Wrong => ({
  table: 'charging.charges',
  row: `chg_${id}`,
  operation,
  wrong,
})

const ofState = ({ id, operation, state }: StateLine, wrong: string): Wrong => ({
  table: 'charging.states',
  row: `${state} ${id}`,
  operation,
  wrong,
})

/** Charges that stand. A reversal takes one charge back, once, to the last nano. */
function withoutReversed(charges: readonly ChargeLine[]): { live: ChargeLine[]; wrongs: Wrong[] } {
  const wrongs: Wrong[] = []
  const live = charges.filter(({ kind }) => kind === 'charge')
  if (live.length === charges.length) return { live, wrongs }
  for (const back of charges) {
    if (back.kind !== 'reversal') continue
    const index = live.findIndex((charge) => placeOf(charge) === placeOf(back))
    const charge = live[index]
    if (!charge) wrongs.push(ofCharge(back, 'it reverses no charge, or one that was reversed before'))
    else if (isOpposite(charge, back)) live.splice(index, 1)
    else wrongs.push(ofCharge(back, `it is not the opposite of chg_${charge.id}`))
  }
  return { live, wrongs }
}

const placeOf = (line: ChargeLine): string => `${line.component} ${line.part} ${line.revision}`

const isOpposite = (a: ChargeLine, b: ChargeLine): boolean =>
  a.price === b.price &&
  a.book === b.book &&
  a.currency === b.currency &&
  a.period === b.period &&
  opposite(a.quantity) === b.quantity &&
  opposite(a.amount) === b.amount

const opposite = (text: string): string =>
  /[1-9]/.test(text) ? (text.startsWith('-') ? text.slice(1) : `-${text}`) : text
