import type { BinaryRows } from '../database/copy-binary.ts'
import type { PostedTransfer } from './transfer.ts'

/** The columns of a transfer in the binary format, in their order. */
export function writeTransfer(out: BinaryRows, t: PostedTransfer, operation: bigint, at: number): void {
  out.row(13).bigint(t.id).bigint(operation).bigint(t.debitAccount).bigint(t.creditAccount).text(t.currency)
  out.money(t.nanos).text(t.reason).date(t.period).time(at).bigint(t.debitEntry).money(t.debitAfter)
  out.bigint(t.creditEntry).money(t.creditAfter)
}
