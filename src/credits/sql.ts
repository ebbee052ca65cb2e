import { arrayOf, copyText, textArrayOf, timestampText } from '../database/copy-text.ts'
import { type Reader, rows, rowsLater } from '../database/reader.ts'
import { changeExactly, executeLater, queueBinary, type SealedTable, type Writer } from '../database/writer.ts'
import { nanosFixed, nanosText } from '../values/money.ts'
import type { BudgetWindow, Count, Span } from './budget.ts'
import type { Step } from './desk.ts'
import type { Grant } from './grant.ts'
import type { Draw, Lot } from './lot.ts'
import { writeHold } from './row.ts'
import type { Hold, OverrunPolicy, Reservation, StepKind } from './reservation.ts'

const table = (name: string, columns: string): SealedTable => ({ name, columns: columns.split(' ') })

export const grantsTable = table('credits.grants', 'id operation wallet amount origin expires_at transfer')
export const drawsTable = table('credits.draws', 'id operation lot reservation page posted_delta held_delta')
export const reservationsTable = table(
  'credits.reservations',
  'id operation wallet payer project person provider owners currency service subtype amount overrun at until estimate',
)
export const stepsTable = table(
  'credits.steps',
  'reservation n id operation kind ends held_delta charged absorbed until at',
)
export const budgetsTable = table('credits.budgets', 'id operation wallet span amount')
export const countsTable = table('credits.counts', 'id operation page owner wallet span starts delta')

const orNull = (value: string | bigint | null): string => (value === null ? '\\N' : String(value))
const timeOrNull = (at: number | null | undefined): string => (at == null ? '\\N' : timestampText(at))

export const grantLine = (g: Grant, operation: bigint): string =>
  `${g.id}\t${operation}\t${g.wallet}\t${nanosFixed(g.nanos)}\t${copyText(g.origin)}\t${timeOrNull(g.expiresAt)}\t${g.transfer}`

export const drawLine = (
  id: bigint,
  { lot, posted, held, page }: Draw,
  reservation: bigint | null,
  operation: bigint,
): string =>
  `${id}\t${operation}\t${lot.id}\t${orNull(reservation)}\t${orNull(page ?? null)}\t${nanosFixed(posted)}\t${nanosFixed(held)}`

export const reservationLine = (r: Reservation, operation: bigint): string =>
  `${r.id}\t${operation}\t${r.wallet}\t${r.payer}\t${orNull(r.project)}\t${orNull(r.person)}\t${r.provider}\t` +
  `{${r.owners.join(',')}}\t${r.currency}\t${copyText(r.service)}\t${copyText(r.subtype)}\t${nanosFixed(r.amount)}\t` +
  `${r.overrun}\t${timestampText(r.at)}\t${timestampText(r.until)}\t${copyText(r.estimate)}`

export const stepLine = (
  id: bigint,
  reservation: bigint,
  n: number,
  step: Step,
  operation: bigint,
  at: number,
): string =>
  `${reservation}\t${n}\t${id}\t${operation}\t${step.kind}\t${step.ends ? 't' : 'f'}\t${nanosFixed(step.heldDelta)}\t` +
  `${nanosFixed(step.charged ?? 0n)}\t${nanosFixed(step.absorbed ?? 0n)}\t${timeOrNull(step.until)}\t${timestampText(at)}`

export const budgetLine = (id: bigint, wallet: bigint, span: Span, amount: bigint | null, operation: bigint): string =>
  `${id}\t${operation}\t${wallet}\t${span}\t${amount === null ? '\\N' : nanosFixed(amount)}`

/** So much of what an owner used on a page counts in a window from now on, or no more. */
export type PageCount = { readonly page: bigint; readonly owner: string; readonly nanos: bigint }

export const countLine = (
  id: bigint,
  { page, owner, nanos }: PageCount,
  window: WindowName,
  operation: bigint,
): string =>
  `${id}\t${operation}\t${page}\t${owner}\t${window.wallet}\t${window.span}\t${window.starts}\t${nanosFixed(nanos)}`

export type ReservationRow = {
  id: string
  wallet: string
  payer: string
  project: string | null
  person: string | null
  provider: string
  owners: string[]
  currency: string
  service: string
  subtype: string
  amount: string
  overrun: OverrunPolicy
  at: Date
  until: Date
  estimate: string | null
}

/** They never change: read without a lock. */
export const reservationsById = (reader: Reader, ids: readonly bigint[]) =>
  rows<ReservationRow>(
    reader,
    `select id, wallet, payer, project, person, provider, owners::text[] as owners, currency, service, subtype, amount,
            overrun, at, until, estimate
       from credits.reservations
      where id = any ($1::bigint[])`,
    [arrayOf(ids)],
    'credits.reservations_by_id',
  )

export type HoldRow = {
  reservation: string
  held: string
  charged: string
  until: Date
  steps: number
  windows: string | null
}

const holdColumns = 'reservation, held, charged, until, steps, windows'

/** Put off: it goes out with the locks of their wallets, behind them. */
export const holdsById = (reader: Reader, ids: readonly bigint[]) =>
  rowsLater<HoldRow>(
    reader,
    `select ${holdColumns} from credits.holds where reservation = any ($1::bigint[])`,
    [arrayOf(ids)],
    'credits.holds_by_id',
  )

/** Those that have run out, the longest ago first. */
export const dueHolds = (reader: Reader, wallets: readonly bigint[], at: number, most: number) =>
  rows<HoldRow>(
    reader,
    `select ${holdColumns}
       from credits.holds
      where wallet = any ($1::bigint[]) and until <= $2
      order by until, reservation
      limit $3`,
    [arrayOf(wallets), new Date(at), most],
  )

export type EndingRow = {
  reservation: string
  kind: StepKind
  steps: number
  charged: string
  until: Date | null
  at: Date
}

/** How reservations ended, as far as they did. */
export const endings = (reader: Reader, ids: readonly bigint[]) =>
  rows<EndingRow>(
    reader,
    `select distinct on (reservation) reservation, kind, n as steps,
            sum(charged) over (partition by reservation) as charged, max(until) over (partition by reservation) as until,
            max(at) filter (where ends) over (partition by reservation) as at
       from credits.steps
      where reservation = any ($1::bigint[])
      order by reservation, n desc`,
    [arrayOf(ids)],
  )

export type LotRow = { id: string; wallet: string; grant_id: string; expires_at: Date; posted: string; held: string }

/** Used up ones as well until they expire: credits of the same grant may come back. */
export const lotsOfWallets = (reader: Reader, wallets: readonly bigint[], at: number) =>
  rows<LotRow>(
    reader,
    `select id, wallet, grant_id, expires_at, posted, held
       from credits.lots
      where wallet = any ($1::bigint[]) and (posted > 0 or expires_at > $2)
      order by wallet, expires_at, id`,
    [arrayOf(wallets), new Date(at)],
    'credits.lots_of_wallets',
  )

export type HoldingRow = { reservation: string; lot: string; held: string }

/** What open reservations hold of lots. */
export const holdingsOf = (reader: Reader, reservations: readonly bigint[]) =>
  rows<HoldingRow>(
    reader,
    `select reservation, lot, sum(held_delta) as held
       from credits.draws
      where reservation = any ($1::bigint[])
      group by reservation, lot
     having sum(held_delta) > 0`,
    [arrayOf(reservations)],
  )

export type BudgetRow = { wallet: string; span: Span; amount: string }

/** The newest of each span; those without an amount are none. */
export const budgetsOfWallets = (reader: Reader, wallets: readonly bigint[]) =>
  rows<BudgetRow>(
    reader,
    `select wallet, span, amount
       from (select distinct on (wallet, span) wallet, span, amount
               from credits.budgets where wallet = any ($1::bigint[]) order by wallet, span, id desc) as newest
      where amount is not null`,
    [arrayOf(wallets)],
    'credits.budgets_of_wallets',
  )

export type WindowRow = { wallet: string; span: Span; starts: string; amount: string; used: string; overrun: string }

export type WindowName = { readonly wallet: bigint; readonly span: Span; readonly starts: string }

export const windowsNamed = (reader: Reader, names: readonly WindowName[]) =>
  rows<WindowRow>(
    reader,
    `select w.wallet, w.span, w.starts, w.amount, w.used, w.overrun
       from credits.budget_windows w
       join unnest($1::bigint[], $2::text[], $3::date[]) as wanted (wallet, span, starts) using (wallet, span, starts)`,
    [
      arrayOf(names.map(({ wallet }) => wallet)),
      arrayOf(names.map(({ span }) => span)),
      arrayOf(names.map(({ starts }) => starts)),
    ],
    'credits.windows_named',
  )

/** They go out with the other rows of the batch. */
export const queueHolds = (writer: Writer, holds: readonly Hold[]) =>
  queueBinary(writer, 'credits.holds (reservation, wallet, held, charged, until, steps, windows)', holds, (hold, out) =>
    writeHold(out, hold, windowsText(hold.counts)),
  )

function windowsText(counts: readonly Count[]): string | null {
  const counting = counts.filter(({ held }) => held > 0n)
  if (counting.length === 0) return null
  return JSON.stringify(
    counting.map(({ window: { wallet, span, starts }, held }) => [String(wallet), span, starts, nanosText(held)]),
  )
}

export const deleteHolds = (writer: Writer, ids: readonly bigint[]) =>
  changeExactly(
    writer,
    ids.length,
    `delete from credits.holds where reservation = any ($1::bigint[])`,
    [arrayOf(ids)],
    'credits.delete_holds',
  )

export const updateHolds = (writer: Writer, holds: readonly Hold[]) =>
  changeExactly(
    writer,
    holds.length,
    `update credits.holds
        set held = moved.held, charged = moved.charged, until = moved.until, steps = moved.steps,
            windows = nullif(moved.windows, '')
       from unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::timestamptz[], $5::integer[], $6::text[])
         as moved (reservation, held, charged, until, steps, windows)
      where holds.reservation = moved.reservation`,
    [
      arrayOf(holds.map(({ reservation }) => reservation.id)),
      arrayOf(holds.map(({ held }) => nanosFixed(held))),
      arrayOf(holds.map(({ charged }) => nanosFixed(charged))),
      textArrayOf(holds.map(({ until }) => timestampText(until))),
      arrayOf(holds.map(({ steps }) => steps)),
      textArrayOf(holds.map(({ counts }) => windowsText(counts) ?? '')),
    ],
    'credits.update_holds',
  )

/** When the next hold of each wallet runs out. */
export const nextDue = (reader: Reader, wallets: readonly bigint[]) =>
  rows<{ wallet: string; until: Date }>(
    reader,
    `select wallet, min(until) as until from credits.holds where wallet = any ($1::bigint[]) group by wallet`,
    [arrayOf(wallets)],
  )

export const putLots = (writer: Writer, lots: readonly Lot[]) =>
  executeLater(
    writer,
    `insert into credits.lots (id, wallet, grant_id, expires_at, posted, held)
     select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::numeric[], $6::numeric[])
         on conflict (wallet, grant_id) do update set posted = excluded.posted, held = excluded.held`,
    [
      arrayOf(lots.map(({ id }) => id)),
      arrayOf(lots.map(({ wallet }) => wallet)),
      arrayOf(lots.map(({ grant }) => grant)),
      textArrayOf(lots.map(({ expiresAt }) => timestampText(expiresAt))),
      arrayOf(lots.map(({ posted }) => nanosFixed(posted))),
      arrayOf(lots.map(({ held }) => nanosFixed(held))),
    ],
    'credits.put_lots',
  )

export const putWindows = (writer: Writer, windows: readonly BudgetWindow[]) =>
  executeLater(
    writer,
    `insert into credits.budget_windows (wallet, span, starts, amount, used, overrun)
     select * from unnest($1::bigint[], $2::text[], $3::date[], $4::numeric[], $5::numeric[], $6::numeric[])
         on conflict (wallet, span, starts)
         do update set amount = excluded.amount, used = excluded.used, overrun = excluded.overrun`,
    [
      arrayOf(windows.map(({ wallet }) => wallet)),
      arrayOf(windows.map(({ span }) => span)),
      arrayOf(windows.map(({ starts }) => starts)),
      arrayOf(windows.map(({ amount }) => nanosFixed(amount))),
      arrayOf(windows.map(({ used }) => nanosFixed(used))),
      arrayOf(windows.map(({ overrun }) => nanosFixed(overrun))),
    ],
    'credits.put_windows',
  )
