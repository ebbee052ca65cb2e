import { setTimeout as sleep } from 'node:timers/promises'
import { copyBytes, copyText, timestampText } from '../database/copy-text.ts'
import { nanosFixed } from '../values/money.ts'
import { rows } from '../database/reader.ts'
import { append, type SealedTable, type Writer } from '../database/writer.ts'
import { alone } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { seal } from './seal.ts'

/** A table with a column of every kind that sealed tables have. */
export const sample: SealedTable = {
  name: 'sample.lines',
  columns: ['id', 'operation', 'name', 'amount', 'at', 'day', 'hash', 'final', 'party', 'note', 'quantities'],
}

export async function sampleHouse(): Promise<FreshHouse> {
  const fresh = await freshHouse()
  await write(
    fresh.house,
    `create schema sample;
     create table sample.lines (
       id bigint primary key, operation bigint not null, name text not null, amount numeric(38,9) not null,
       at timestamptz not null, day date not null, hash bytea not null, final boolean not null, party uuid not null,
       note text, quantities json not null)`,
  )
  return fresh
}

/**
 * Seals everything there is, once it can be sealed: transactions in other databases of the same PostgreSQL, as those
 * of other tests, hold the sealer up while they run, because their numbers come from the same row.
 */
export async function sealAll(house: House): Promise<void> {
  const running = `select from operations.operations join operations.epoch using (epoch)
    where xid >= pg_snapshot_xmin(pg_current_snapshot()) limit 1`
  while ((await rows(house.database.pool, running)).length > 0) await sleep(5)
  await seal(house)
}

/** Writes past the house, as somebody with the database's password could. */
export async function write(house: House, text: string): Promise<void> {
  const client = await house.database.pool.connect()
  try {
    await client.query(`begin read write; ${text}; commit`)
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

function sampleLine(writer: Writer, name: string, note: string | null = null): string {
  return [
    writer.nextId(),
    writer.operation,
    copyText(name),
    nanosFixed(1_234_567_890n),
    timestampText(Date.UTC(2026, 10, 21, 8, 38, 28, 500)),
    '2026-11-01',
    copyBytes(Buffer.from([0, 255, 92])),
    't',
    '0b54d7a8-9f6c-4a53-b1d1-8f4b3a1f9c11',
    copyText(note),
    copyText('{"cpu":"1\\n"}'),
  ].join('\t')
}

let serial = 0

/** One operation that writes so many lines; answers its id. */
export async function sampleOperation(house: House, lines: number): Promise<number> {
  const call = { principal: 'tester', key: `sample-${(serial += 1)}`, command: 'sample', input: serial }
  const id = await alone(house, call, async (writer) => {
    await append(
      writer,
      sample,
      Array.from({ length: lines }, (_, index) => sampleLine(writer, `line\t${index}`)),
    )
    return String(writer.operation)
  })
  return Number(id)
}
