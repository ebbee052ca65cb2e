import { type Reader, row } from '../database/reader.ts'

/** Numbers given to operations so far, those that were refused in the end included: what grows when Bursar works. */
export async function operationsBegun(reader: Reader): Promise<number> {
  const found = await row<{ last: string }>(
    reader,
    `select case when is_called then last_value else 0 end::text as last from operations.operation_ids`,
  )
  return Number(found?.last ?? 0)
}
