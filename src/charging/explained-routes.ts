import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { principalOf } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import { closed } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import { scopeOf } from '../parties/scope-commands.ts'
import { spoken } from '../terminal/speaker.ts'
import { explainAny } from './explained-commands.ts'
import type { Memory } from './memory-commands.ts'

const Query = closed({
  of: Type.String({
    minLength: 1,
    maxLength: 300,
    description:
      'a charge (chg_…, set_…), a true-up (tru_…), a record (rec_…), a reservation (res_…), or a job: 4, 13_2, lab/4',
    examples: ['lab/4'],
  }),
})
const Explanations = Type.Object(
  {
    text: Type.String({ description: 'all of it in words, as `bursar explain` says it' }),
    asked: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'the charge that was asked for' })),
    records: Type.Optional(Type.Array(Type.Any(), { description: 'an explanation for each record that is meant' })),
    reservation: Type.Optional(Type.Any()),
    trueUp: Type.Optional(Type.Any()),
    steps: Type.Optional(Type.Any()),
    trueUps: Type.Optional(Type.Array(Type.Any())),
    transfers: Type.Optional(Type.Array(Type.Any())),
    settlements: Type.Optional(Type.Array(Type.Any())),
  },
  { title: 'Explanations' },
)

/** `GET /api/v1/explanations`: by any name that people have for what cost something. */
export function addExplanationRoutes(server: ApiServer, house: House, memory: Memory): void {
  server.get(
    '/api/v1/explanations',
    door({
      operation: 'charges.explain',
      id: 'explain',
      tag: 'charging',
      summary: 'Why a charge, a true-up, a record, a reservation or a job cost what it did, or nothing',
      query: Query,
      answers: { 200: Explanations },
      problems: ['not-found'],
    }),
    async (request) => {
      const { of } = request.query
      const scope = await scopeOf(house.database.pool, principalOf(request))
      const mayRead = async (owners: readonly (string | null)[]) =>
        scope === null || owners.some((owner) => owner !== null && scope.includes(owner))
      const found = await explainAny(house, memory, of, mayRead)
      if (!found) throw new Problem('not-found', { detail: `Nothing is known of “${of}”.` })
      return { ...found.document, text: spoken((speaker) => found.tell(speaker)) }
    },
  )
}
