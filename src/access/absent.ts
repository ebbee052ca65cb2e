import type { UuidKind } from '../values/id.ts'
import { Refusal } from '../values/refusal.ts'

const shownBy: Readonly<Record<UuidKind, string>> = {
  organisation: 'bursar parties list shows the organisations that there are.',
  project: 'bursar parties list shows the projects that there are.',
  person: 'bursar parties list --people shows the people that there are.',
  provider: 'bursar parties list --csv shows the providers that there are.',
}

/** Said alike by every command, on the database and over HTTP. */
export const noParty = (kind: UuidKind, text: string): Refusal =>
  new Refusal(`There is no ${kind} “${text}”.`, shownBy[kind])
