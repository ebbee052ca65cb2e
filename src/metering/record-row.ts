import type { BinaryRows } from '../database/copy-binary.ts'
import type { SealedRaw } from './fact.ts'
import type { Recorded } from './recorded.ts'

/** The columns of a record in the binary format, in their order, and behind them those beside the seal. */
export function writeRecord(out: BinaryRows, record: Recorded, raw: SealedRaw, operation: bigint): void {
  const { fact, texts } = record
  out.row(21).bigint(record.id).date(record.period).bigint(operation).text(fact.source).text(fact.externalId)
  out.integer(record.version).uuid(record.project).uuid(record.person).uuid(record.provider)
  out.text(fact.service).text(fact.subtype).time(fact.startsAt).time(fact.endsAt).time(fact.measuredAt)
  out.boolean(fact.final).text(texts.quantitiesText).text(texts.dimensionsText)
  out.bytes(record.digest).bytes(raw.digest)
  texts.writeRaw(out)
  out.bytes(raw.salt)
}

export function writeIdentity({ id, period, fact, digest, called }: Recorded, out: BinaryRows): void {
  out.row(9).text(fact.source).text(fact.externalId).bigint(id).date(period).integer(1).boolean(fact.final)
  out.time(fact.measuredAt).bytes(digest).text(called)
}
