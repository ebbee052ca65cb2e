import type { Database } from '../database/database.ts'
import type { SealKeys } from './keys.ts'

/** What every command needs: where the books are, what marks them, and when a month begins. */
export type House = {
  readonly database: Database
  readonly keys: SealKeys
  /** The site's IANA time zone. */
  readonly zone: string
}
