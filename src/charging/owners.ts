import { Problem } from '../http/problem.ts'
import type { Fact } from '../metering/fact.ts'
import { nameOf, type Page } from './page.ts'

type Standing = { readonly project: string; readonly provider: string }

export const mayCorrect = (own: ReadonlySet<string>, { project, provider }: Standing): boolean =>
  own.has(project) || own.has(provider)

/** Whose record it is has been looked at before, but this is the version that is locked. */
export function refuseOthers({ owners }: Pick<Page, 'owners'>, fact: Fact, standing: Standing): void {
  const own = owners?.get(nameOf(fact))
  if (own && !mayCorrect(own, standing)) throw idTaken(fact.externalId, 'body.id')
}

export const takenMessage = (id: string): string => `“${id}” is taken: choose another id, or a source of your own`

export const idTaken = (id: string, field: string): Problem =>
  new Problem('request-invalid', {
    issues: [{ field, message: takenMessage(id) }],
  })
