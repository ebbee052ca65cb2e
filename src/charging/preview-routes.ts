import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { momentIn } from '../http/moment.ts'
import { principalOf } from '../http/principal.ts'
import { Amounts, closed, nullable, numberId, oneOf, partyId, Period } from '../http/schemas.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { partiesNamed, requireProject } from '../parties/scope-commands.ts'
import { explainRating } from '../pricing/explain.ts'
import { decimalText } from '../values/decimal.ts'
import { idOf, numbered, parseId, uuidOf } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import type { Memory } from './memory-commands.ts'
import { usageFields } from './usage-contract.ts'

const { project, person, service, subtype, startsAt, endsAt, quantities, dimensions } = usageFields
const PreviewBody = closed(
  { project, person, service, subtype, startsAt, endsAt, quantities, dimensions },
  'UsagePreview',
)
const PreviewAnswer = closed(
  {
    outcome: oneOf(['charged', 'free', 'unpriced']),
    reason: nullable(Type.String({ description: 'why it would cost nothing' })),
    payer: closed({
      project: partyId('prj'),
      organisation: partyId('org'),
      tier: Type.String(),
      payment: oneOf(['prepaid', 'postpaid']),
    }),
    total: Amounts,
    lines: Type.Array(
      closed(
        {
          component: Type.String(),
          period: Period,
          quantity: Type.String(),
          amount: Type.String(),
          currency: Type.String(),
          price: numberId('prc'),
          formula: Type.String(),
          exact: Type.String({ description: 'before it was rounded, once, to nine places' }),
        },
        'PreviewLine',
      ),
    ),
    bookRevision: Type.Integer(),
  },
  'UsagePreviewed',
)

/** `POST /api/v1/prices/rate`: who would pay what for a usage. Nothing is recorded. */
export function addPreviewRoutes(server: ApiServer, house: House, memory: Memory): void {
  const reader = house.database.pool
  server.post(
    '/api/v1/prices/rate',
    door({
      operation: 'prices.read',
      id: 'previewUsage',
      tag: 'pricing',
      summary: 'What a usage would cost, and who would pay it; nothing is recorded',
      body: PreviewBody,
      answers: { 200: PreviewAnswer },
      problems: ['not-found'],
    }),
    async (request) => {
      const { body } = request
      const party = await requireProject(reader, principalOf(request), body.project)
      const usage = {
        service: body.service,
        subtype: body.subtype ?? '',
        startsAt: momentIn('body.startsAt', body.startsAt),
        endsAt: momentIn('body.endsAt', body.endsAt),
        quantities: body.quantities,
        dimensions: body.dimensions ?? {},
        project: party.id,
        person: await personOf(house, body.person),
      }
      if (usage.endsAt < usage.startsAt) throw wrong('body.endsAt', 'is before startsAt')
      const rater = await memory.raters.now(reader)
      const found = explainRating(rater.pricesFor(usage, party), usage)
      const lines = found.outcome === 'charged' ? found.lines : []
      const total = new Map<string, bigint>()
      for (const { currency, nanos } of lines) total.set(currency, (total.get(currency) ?? 0n) + nanos)
      return {
        outcome: found.outcome,
        reason: found.outcome === 'charged' ? null : found.reason,
        payer: {
          project: idOf('project', party.id) as string,
          organisation: idOf('organisation', party.organisation) as string,
          tier: party.tier,
          payment: party.payment,
        },
        total: Object.fromEntries([...total].map(([currency, nanos]) => [currency, nanosText(nanos)])),
        lines: lines.map((line) => ({
          component: line.component,
          period: line.period.slice(0, 7),
          quantity: decimalText(line.quantity, 9),
          amount: nanosText(line.nanos),
          currency: line.currency,
          price: numbered('price', line.price) as string,
          formula: line.formulaWithNumbers,
          exact: line.unrounded,
        })),
        bookRevision: rater.revision,
      }
    },
  )
}

async function personOf(house: House, text: string | undefined): Promise<string | null> {
  if (text === undefined) return null
  const id = parseId('person', text)
  return id ? uuidOf(id) : ((await partiesNamed(house.database.pool, 'person', '*', [text])).get(text) ?? null)
}

const wrong = (field: string, message: string) => new Problem('request-invalid', { issues: [{ field, message }] })
