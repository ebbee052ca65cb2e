import type { Principal } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { Directory, NamedPayer } from '../parties/directory-commands.ts'

type Named = { readonly project?: string; readonly payer?: string; readonly person?: string }

/** UUIDs: who pays, for which project, and who uses. */
export type Paying = { readonly payer: string; readonly project: string | null; readonly person: string | null }

/**
 * The project pays for itself, unless an organisation or a person is named as the payer. Whoever asks acts for all of
 * those whose credits or budgets it touches; the person who uses is only noted.
 *
 * @throws Problem `request-invalid`, `not-found`
 */
export async function payingOf(directory: Directory, principal: Principal, named: Named): Promise<Paying> {
  const text = payerText(named)
  const payer = await directory.payerFor(principal, text)
  const project =
    named.project === undefined || named.project === text ? payer : await directory.payerFor(principal, named.project)
  return paidBy(payer, project, named.person === undefined ? null : await directory.person(named.person), named)
}

/** The same at once, where a project that is remembered pays for itself. */
export function knownPayingOf(directory: Directory, principal: Principal, named: Named): Paying | undefined {
  const text = payerText(named)
  if (named.person !== undefined || (named.project !== undefined && named.project !== text)) return undefined
  const payer = directory.knownPayerFor(principal, text)
  return payer && paidBy(payer, payer, null, named)
}

function payerText({ payer, project }: Named): string {
  const text = payer ?? project
  if (text !== undefined) return text
  throw wrong('project', 'is missing: name the project that the usage is for, or a payer')
}

function paidBy(payer: NamedPayer, project: NamedPayer, person: string | null, named: Named): Paying {
  if (named.project !== undefined && project.kind !== 'project') throw wrong('project', 'must be a project')
  // Whether an organisation is that of the project is decided where the money is.
  if (project.id !== payer.id && payer.kind === 'project') {
    throw wrong('payer', 'is another project: a project pays for itself alone')
  }
  if (payer.kind === 'person' && person !== null && person !== payer.id) {
    throw wrong('person', 'is not the person who pays')
  }
  return {
    payer: payer.id,
    project: project.kind === 'project' ? project.id : null,
    person: payer.kind === 'person' ? payer.id : person,
  }
}

const wrong = (field: string, message: string) =>
  new Problem('request-invalid', { issues: [{ field: `body.${field}`, message }] })
