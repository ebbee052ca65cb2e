import type { Changing } from './change-commands.ts'

/** Whom prices are for; what is disabled is not there. */
export type Accounts = {
  isVlab(id: string): Promise<boolean>
  /** The virtual lab of a project; undefined when there is no such project. */
  vlabOf(project: string): Promise<string | undefined>
}

export type PriceParts = Changing & { readonly accounts: Accounts }
