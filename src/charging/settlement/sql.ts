import { copyText, timestampText } from '../../database/copy-text.ts'
import type { SealedTable } from '../../database/writer.ts'
import { nanosFixed } from '../../values/money.ts'
import { linesText, type Settlement } from './settlement.ts'

export const settlementsTable: SealedTable = {
  name: 'charging.settlements',
  columns: (
    'id operation reservation period at payer project person provider service subtype currency amount absorbed ' +
    'quantities lines book transfer absorbed_transfer'
  ).split(' '),
}

const orNull = (value: bigint | string | number | null | undefined): string => (value == null ? '\\N' : String(value))

export const settlementLine = (s: Settlement, operation: bigint): string => {
  const { reservation: r, priced } = s
  return (
    `${s.id}\t${operation}\t${r.id}\t${s.period}\t${timestampText(s.at)}\t${r.payer}\t${r.project ?? r.payer}\t` +
    `${orNull(r.person)}\t${r.provider}\t${copyText(r.service)}\t${copyText(r.subtype)}\t${r.currency}\t` +
    `${nanosFixed(s.nanos)}\t${nanosFixed(s.absorbed)}\t` +
    `${priced ? copyText(JSON.stringify(priced.quantities)) : '\\N'}\t${priced ? copyText(linesText(priced.lines)) : '\\N'}\t` +
    `${orNull(priced?.book)}\t${orNull(s.transfer)}\t${orNull(s.absorbedTransfer)}`
  )
}
