import type { BinaryRows } from '../../database/copy-binary.ts'
import { linesText, type Settlement } from './settlement.ts'

/** The columns of a settlement in the binary format, in their order. */
export function writeSettlement(out: BinaryRows, s: Settlement, operation: bigint): void {
  const { reservation: r, priced } = s
  out.row(19).bigint(s.id).bigint(operation).bigint(r.id).date(s.period).time(s.at).uuid(r.payer)
  out
    .uuid(r.project ?? r.payer)
    .uuid(r.person)
    .uuid(r.provider)
    .text(r.service)
    .text(r.subtype)
    .text(r.currency)
  out.money(s.nanos).money(s.absorbed)
  out.text(priced && JSON.stringify(priced.quantities)).text(priced && linesText(priced.lines))
  if (priced) out.integer(priced.book)
  else out.nothing()
  out.bigint(s.transfer).bigint(s.absorbedTransfer)
}
