import { pageQuery } from '../door/page.ts'
import type { Read } from '../lax/lax.ts'
import { optional, parameters } from '../lax/model.ts'
import { moment } from '../lax/moment.ts'
import { int } from '../lax/number.ts'
import { uuid, word } from '../lax/text.ts'
import { serviceTypes } from '../price/price.ts'
import { subtypeWord, type Subtypes } from '../price/subtype.ts'

/** A page is made in memory as a whole; who wants more at once reads the CSV, which is not. */
export const pageSizeMax = 10_000

export const reportPaging = { ...pageQuery, page_size: optional(int({ ge: 1, le: pageSizeMax }), 1000) }

export const reportQuery = (subtypes: Subtypes) =>
  parameters({
    ...reportPaging,
    started_after: optional(moment(), undefined),
    started_before: optional(moment(), undefined),
    user_id: optional(uuid(), undefined),
    group_id: optional(uuid(), undefined),
    type: optional(word(serviceTypes, { anyCase: true }), undefined),
    subtype: optional(subtypeWord(subtypes), undefined),
    format: optional(word(['json', 'csv'], { anyCase: true }), undefined),
  })
export type ReportQuery = Read<ReturnType<typeof reportQuery>>
