import { compileBook, resolve, type Who } from './book.ts'
import type { PriceVersion } from './definition.ts'
import type { Usage } from './line.ts'

/** Versions and usage for tests, with what a test does not care about filled in. */
export const zone = 'Asia/Bangkok'
export const hour = 3_600_000
export const on = (date: string): number => Date.parse(`${date}T00:00:00+07:00`)

let serial = 0n
export function version(component: string, definition: object | null, more: Partial<PriceVersion> = {}): PriceVersion {
  serial += 1n
  return {
    id: serial,
    kind: 'price',
    service: 'slurm',
    subtype: '*',
    component,
    scopeKind: 'default',
    scope: '',
    validFrom: on('2020-01-01'),
    definition,
    revision: 1,
    book: 1,
    ...more,
  }
}

export const flat = (quantity: string, price: string, per = '1') => ({
  currency: 'THB',
  quantity,
  flat: { price, per },
})

export const policy = (definition: object, more: Partial<PriceVersion> = {}) =>
  version('*', definition, { kind: 'policy', ...more })
export const discount = (percent: string, more: Partial<PriceVersion> = {}) =>
  version('*', { percent }, { kind: 'discount', ...more })

export const somebody: Who = {
  service: 'slurm',
  subtype: 'batch',
  tier: 'mu',
  organisation: 'org-1',
  project: 'prj-1',
  person: 'per-1',
}

export const resolved = (versions: readonly PriceVersion[], who: Partial<Who> = {}) =>
  resolve(compileBook(versions, zone), { ...somebody, ...who })

export const usage = (quantities: Usage['quantities'], more: Partial<Usage> = {}): Usage => ({
  startsAt: on('2026-11-10'),
  endsAt: on('2026-11-10') + hour,
  quantities,
  dimensions: { state: 'COMPLETED' },
  ...more,
})
