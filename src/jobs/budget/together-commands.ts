import { Fault } from '../door/fault.ts'
import { uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'

type Funding = { readonly vlab_id?: unknown; readonly proj_id?: unknown }

/** The virtual lab that gets money from nowhere, by a top-up or a grant that was checked. @throws Fault 404 */
export async function fundedLab({ accounts }: JobParts, { vlab_id, proj_id }: Funding): Promise<string> {
  const of = (id: unknown) => uuid().read(id, []) ?? ''
  const lab = vlab_id === undefined ? await accounts.vlabOf(of(proj_id)) : (await accounts.virtualLab(of(vlab_id)))?.id
  if (lab === undefined) throw Fault.notFound(vlab_id === undefined ? 'Account not found' : 'Virtual lab not found')
  return lab
}
