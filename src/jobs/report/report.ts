import type { ServiceType } from '../price/cost.ts'

export type ReportKind = 'system' | 'virtual-lab' | 'project'

/** Whose finished jobs are listed. */
export type ReportOf = { readonly kind: ReportKind; readonly account: string }

/** Of the whole site: no account has this id. */
export const systemReport: ReportOf = { kind: 'system', account: '00000000-0000-0000-0000-000000000000' }

/** Which of them; what is undefined does not matter. Times are texts that say their zone. */
export type Filter = {
  /** Started then or later, and before that. */
  readonly after: string | undefined
  readonly before: string | undefined
  readonly user: string | undefined
  readonly group: string | undefined
  readonly type: ServiceType | undefined
  readonly subtype: string | undefined
}

export const isFiltering = (filter: Filter): boolean => Object.values(filter).some((value) => value !== undefined)
