import { Type } from 'typebox'
import { oneOf } from '../../http/schemas.ts'
import { microsText } from '../lax/moment.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'

/** The words of the reference service, and for what it does not have the last ones. */
const transactionTypes = [
  'TOP_UP',
  'ASSIGN_BUDGET',
  'REVERSE_BUDGET',
  'MOVE_BUDGET',
  'RESERVE',
  'RELEASE',
  'CHARGE_ONESHOT',
  'CHARGE_LONGRUN',
  'CHARGE_STORAGE',
  'REFUND',
  'DEPLETE',
  'CHARGE',
  'REVERSAL',
  'EXPIRE',
] as const
type TransactionType = (typeof transactionTypes)[number]

export type Happening = {
  readonly operation: bigint
  readonly at: number
  readonly kind: 'reserve' | 'charge-reserved' | 'charge' | 'release' | 'transfer'
  readonly job: string | undefined
  readonly service: string | null
  readonly reason: string | null
  readonly side: 'debit' | 'credit' | null
  readonly other: string | null
  readonly amount: string
  readonly change: string
  readonly balance: string
  readonly reservation: string
}

/** Whose book it is; `parent` of a project. */
export type Owner = { readonly id: string; readonly parent: string | null }

const charges: Readonly<Record<string, TransactionType>> = {
  oneshot: 'CHARGE_ONESHOT',
  longrun: 'CHARGE_LONGRUN',
  storage: 'CHARGE_STORAGE',
}
const transfers: Readonly<Record<string, TransactionType>> = {
  grant: 'TOP_UP',
  withdraw: 'DEPLETE',
  refund: 'REFUND',
  reversal: 'REVERSAL',
  expire: 'EXPIRE',
}

function typeOf({ kind, service, reason, side, other }: Happening, { parent }: Owner): TransactionType {
  if (kind === 'reserve') return 'RESERVE'
  if (kind === 'release') return 'RELEASE'
  if (kind === 'charge' || kind === 'charge-reserved') return charges[service ?? ''] ?? 'CHARGE'
  if (reason !== 'move') return transfers[reason ?? ''] ?? 'CHARGE'
  if (parent !== null && other !== parent) return 'MOVE_BUDGET'
  // Credits come down from a virtual lab, and go up to it.
  return (parent === null) === (side === 'debit') ? 'ASSIGN_BUDGET' : 'REVERSE_BUDGET'
}

/** From where to where: an account here, or the system, or what the project has reserved. */
function sidesOf({ kind, side, other, reason }: Happening, { id }: Owner): readonly [string, string] {
  if (kind === 'reserve') return [id, 'reservation']
  if (kind === 'release') return ['reservation', id]
  if (kind === 'charge-reserved') return ['reservation', 'system']
  if (kind === 'charge') return [id, 'system']
  const far = reason === 'move' ? (other ?? 'system') : 'system'
  return side === 'debit' ? [id, far] : [far, id]
}

const Id = Type.String({ format: 'uuid' })
const common = {
  time: Type.String({ format: 'date-time' }),
  transaction_type: oneOf(transactionTypes),
  operation: Type.String({ description: 'under which everything of this operation stands in the audit' }),
  job_id: Type.Optional(Id),
  amount: Type.String({ description: 'exact' }),
}

export const JournalItem = Type.Object(
  {
    ...common,
    debited_from: Type.String({ description: 'the id of an account, `system` or `reservation`' }),
    credited_to: Type.String({ description: 'the id of an account, `system` or `reservation`' }),
  },
  { title: 'JobJournalItem' },
)

export const LedgerItem = Type.Object(
  {
    ...common,
    change: Type.String({ description: 'of the balance; what is charged of a reservation changes it no more' }),
    balance: Type.String({ description: 'after it' }),
    reservation: Type.String({ description: 'what is reserved after it' }),
  },
  { title: 'JobLedgerItem' },
)

const commonOf = (happening: Happening, owner: Owner) => ({
  time: microsText(BigInt(happening.at) * 1000n),
  transaction_type: typeOf(happening, owner),
  operation: `op_${happening.operation}`,
  ...(happening.job !== undefined && { job_id: happening.job }),
  amount: short(happening.amount),
})

const short = (amount: string): string => nanosText(nanosFrom(amount))

export function journalItem(happening: Happening, owner: Owner) {
  const [from, to] = sidesOf(happening, owner)
  return { ...commonOf(happening, owner), debited_from: from, credited_to: to }
}

export const ledgerItem = (happening: Happening, owner: Owner) => ({
  ...commonOf(happening, owner),
  change: short(happening.change),
  balance: short(happening.balance),
  reservation: short(happening.reservation),
})
