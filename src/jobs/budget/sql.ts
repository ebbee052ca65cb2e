import { arrayOf, textArrayOf } from '../../database/copy-text.ts'
import { type Reader, rowsLater } from '../../database/reader.ts'
import { executeLater, type Writer } from '../../database/writer.ts'
import type { Referred } from './once.ts'

type ReferenceRow = { reference: string; input_digest: string; answer: string; operation: string }

/** What was done under these references. */
export const referencesBy = async (reader: Reader, references: readonly string[]): Promise<Referred[]> =>
  (
    await rowsLater<ReferenceRow>(
      reader,
      `select reference, encode(input_digest, 'hex') as input_digest, answer, operation
         from jobs.referred where reference = any ($1::text[])`,
      [textArrayOf(references)],
      'jobs.referred_by',
    )
  ).map(({ reference, input_digest: input, answer, operation }) => ({
    reference,
    input,
    answer: JSON.parse(answer) as unknown,
    operation: BigInt(operation),
  }))

export const insertReferences = (writer: Writer, done: readonly Referred[]) =>
  executeLater(
    writer,
    `insert into jobs.referred (reference, input_digest, answer, operation)
     select reference, decode(input_digest, 'hex'), answer, operation
       from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as done (reference, input_digest, answer, operation)`,
    [
      textArrayOf(done.map(({ reference }) => reference)),
      textArrayOf(done.map(({ input }) => input)),
      done.map(({ answer }) => JSON.stringify(answer)),
      arrayOf(done.map(({ operation }) => operation)),
    ],
    'jobs.insert_referred',
  )
