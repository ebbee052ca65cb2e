import type { References } from './once.ts'
import * as sql from './sql.ts'

/** What was done under references of clients, as the desk of a batch holds it. */
export const referenceShelf: References = {
  read: async (reader, references) =>
    new Map((await sql.referencesBy(reader, references)).map((done) => [done.reference, done])),
  write: (writer, done) => sql.insertReferences(writer, done),
}
