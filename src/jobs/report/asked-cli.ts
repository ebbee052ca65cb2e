import type { Command } from 'commander'
import type { Ask } from '../../credits/asked-cli.ts'
import type { House } from '../../operations/house.ts'
import type { Door } from '../../terminal/door.ts'
import { Refusal } from '../../values/refusal.ts'

/** Asks a door of jobs; answers its data. */
export type AskJobs = <Data>(path: string) => Promise<Data>

type Issue = { readonly loc: readonly unknown[]; readonly msg: string }
type Said = {
  readonly data?: unknown
  readonly message?: string
  readonly title?: string
  readonly details?: unknown
}

export const asking =
  (ask: Ask, command: Command, door: Door<House>): AskJobs =>
  async <Data>(path: string) => {
    const { status, body } = await ask(command, door, { method: 'GET', path })
    const { data, message, title, details } = body as Said
    if (status < 400) return data as Data
    const issues = Array.isArray(details) ? (details as Issue[]).map(({ loc, msg }) => `${loc.join('.')}: ${msg}`) : []
    throw new Refusal([message ?? title ?? `it answers ${status}`, ...issues].join('. '), remedyOf(status))
  }

const remedyOf = (status: number): string => {
  if (status === 404) return 'bursar jobs report without --project shows jobs of the whole site, with their projects.'
  return status === 401 || status === 403
    ? 'Ask with a key that may do this: bursar key list shows what there is.'
    : 'Correct what is named and ask again.'
}

/** A part of a list as a door of jobs answers it. */
export type Listed<Item> = {
  readonly items: readonly Item[]
  readonly meta: { readonly total_items: number; readonly total_pages: number }
}
