import { askingOf } from '../../credits/money-commands.ts'
import { principalOf, requireTouch } from '../../http/principal.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { stored } from '../door/envelope.ts'
import { requireTimely } from '../job/usage-routes.ts'
import { model, optional } from '../lax/model.ts'
import { epochSeconds } from '../lax/moment.ts'
import { int } from '../lax/number.ts'
import { literal, uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { subtypeWord } from '../price/subtype.ts'
import { unknownProject } from './use.ts'

/** `POST /usage/storage`: how much a project stores from a moment on. */
export function addStorageDoors(scope: JobScope, { accounts, desk, storage, prices }: JobParts): void {
  jobDoor(
    scope,
    {
      method: 'POST',
      path: '/usage/storage',
      operation: 'jobs.use',
      id: 'tellStorageUsage',
      summary: 'Say how many bytes a project stores from a moment on; what it stored until then is charged',
      description:
        'Levels may come in any order, late and more than once. Storage that goes on is charged every hour, or as often ' +
        'as is set.',
      body: model('StorageUsage', {
        type: literal('storage'),
        subtype: optional(
          subtypeWord(() => prices.subtypes),
          'storage',
        ),
        proj_id: uuid(),
        size: int({ ge: 0 }),
        timestamp: epochSeconds(),
      }),
      status: 201,
      message: 'Storage usage received',
    },
    async ({ body }, request) => {
      const { proj_id: project, subtype, size, timestamp: at } = body
      requireTimely(at, desk.rules)
      // What a disabled project stores is charged until it ends, so that it must be able to end.
      const vlab = (await accounts.vlabOf(project)) ?? (await accounts.vlabOfAny(project))
      requireTouch(principalOf(request), [project, vlab ?? null])
      const said = JSON.stringify(body)
      const asking = askingOf(request, false)
      if (vlab === undefined)
        return stored(await desk.keepProblem(asking, { reason: unknownProject, project, job: null, event: said }))
      return stored(await storage.store(asking, { project, vlab, subtype, at, size: BigInt(size), said }))
    },
  )
}
