export type AccountKind = 'system' | 'virtual-lab' | 'project'

/** Who these doors know. Ids are UUIDs; the party of the same id has the wallet. */
export type Account = {
  readonly id: string
  readonly kind: AccountKind
  readonly name: string
  /** The virtual lab of a project. */
  readonly parent: string | null
  readonly enabled: boolean
  readonly openedWith: bigint
  /** Epoch milliseconds. */
  readonly createdAt: number
}

export type NewAccount = Pick<Account, 'id' | 'kind' | 'name' | 'parent' | 'openedWith'>

/** Whether somebody asks for what is there. */
export const isSame = (there: Account, wanted: NewAccount): boolean =>
  there.kind === wanted.kind &&
  there.name === wanted.name &&
  there.parent === wanted.parent &&
  there.openedWith === wanted.openedWith
