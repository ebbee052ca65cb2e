/**
 * An id knows its kind: the prefix tells people, the brand tells the compiler.
 *
 * Parties are named by a UUID, because other systems bring theirs along (`prj_` and 32 hex digits; `uuid` in
 * the database). What Bursar itself writes in bulk is numbered (`rec_42`; `bigint` in the database).
 */
const uuidPrefixes = { organisation: 'org', project: 'prj', person: 'per', provider: 'prv' } as const
const numberPrefixes = {
  operation: 'op',
  account: 'acc',
  transfer: 'trf',
  record: 'rec',
  charge: 'chg',
  trueUp: 'tru',
  price: 'prc',
  quarantined: 'qua',
  key: 'key',
  approval: 'apr',
  grant: 'gra',
  reservation: 'res',
  budget: 'bud',
  settlement: 'set',
  lot: 'lot',
  refund: 'ref',
} as const

export type UuidKind = keyof typeof uuidPrefixes
export type NumberKind = keyof typeof numberPrefixes
declare const brand: unique symbol
export type Id<Kind extends UuidKind | NumberKind> = string & { readonly [brand]: Kind }

export function newId<Kind extends UuidKind>(kind: Kind): Id<Kind> {
  return `${uuidPrefixes[kind]}_${crypto.randomUUID().replaceAll('-', '')}` as Id<Kind>
}

/** The id of a party from the UUID that the database holds. */
export function idOf<Kind extends UuidKind>(kind: Kind, uuid: string): Id<Kind> {
  // Cut where its dashes are: to look for them costs three times as much.
  const hex = uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24)
  return `${uuidPrefixes[kind]}_${hex}` as Id<Kind>
}

/** The UUID that the database holds for a party, with dashes as PostgreSQL prints it. */
export function uuidOf(id: Id<UuidKind>): string {
  const hex = id.slice(id.indexOf('_') + 1)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function numbered<Kind extends NumberKind>(kind: Kind, number: bigint | string): Id<Kind> {
  return `${numberPrefixes[kind]}_${number}` as Id<Kind>
}

/** The number behind `rec_42`; undefined when the text is no id of that kind. */
export function numberOf(kind: NumberKind, text: string): bigint | undefined {
  const match = /^([a-z]+)_(\d{1,19})$/.exec(text)
  return match?.[1] === numberPrefixes[kind] ? BigInt(match[2] as string) : undefined
}

/** The id as given, when it is one of that kind; else undefined. */
export function parseId<Kind extends UuidKind>(kind: Kind, text: string): Id<Kind> | undefined {
  return new RegExp(`^${uuidPrefixes[kind]}_[0-9a-f]{32}$`).test(text) ? (text as Id<Kind>) : undefined
}
