import type { FastifyInstance } from 'fastify'
import { fieldsOf } from './access/approval.ts'
import { addApprovalDoors, addApprovals } from './access/approval-routes.ts'
import type { ApprovalRules, Together } from './access/together-commands.ts'
import { addAccessDoors } from './access/routes.ts'
import { addEventRoutes } from './charging/event-routes.ts'
import { Gathering } from './charging/gather-commands.ts'
import { newMemory } from './charging/memory-commands.ts'
import { addExplanationRoutes } from './charging/explained-routes.ts'
import { addPreviewRoutes } from './charging/preview-routes.ts'
import { addReplayRoutes } from './charging/replay-routes.ts'
import { addChargingRoutes } from './charging/routes.ts'
import type { Counter } from './charging/counter-commands.ts'
import { addCounterRoutes } from './charging/counter-routes.ts'
import { findRefundable } from './charging/refund-commands.ts'
import { refundedLately } from './charging/refunded-commands.ts'
import { addRefundList } from './charging/refund-list-routes.ts'
import { addRefundRoutes } from './charging/refund-routes.ts'
import { addReservationRoutes } from './charging/reservation-routes.ts'
import { grantedLately } from './credits/granted-commands.ts'
import { addCreditRoutes } from './credits/routes.ts'
import { addSettlementRoutes } from './charging/settlement-routes.ts'
import { addUsageRoutes } from './charging/usage-routes.ts'
import { usageCounts } from './charging/usage-counts.ts'
import type { TypeBoxProvider } from './http/door.ts'
import type { Directory } from './parties/directory-commands.ts'
import type { Metrics } from './http/metrics.ts'
import type { Principal } from './http/principal.ts'
import type { JobParts } from './jobs/parts-commands.ts'
import { countRunOuts } from './jobs/figure/commands.ts'
import { fundingKey } from './jobs/budget/commands.ts'
import { fundedLab } from './jobs/budget/together-commands.ts'
import { addJobDoors } from './jobs/routes.ts'
import { memories } from './metering/erasure-commands.ts'
import type { House } from './operations/house.ts'
import { addLedgerRoutes } from './ledger/routes.ts'
import { addMeteringRoutes } from './metering/routes.ts'
import { addOperationRoutes } from './operations/routes.ts'
import { addPartyRoutes } from './parties/routes.ts'
import { addPricingRoutes } from './pricing/routes.ts'
import { addProofRoutes } from './proof/routes.ts'
import { readAgain } from './slurm/again-stream.ts'
import type { Settings } from './settings.ts'

export type ApiParts = {
  readonly house: House
  readonly settings: Settings
  readonly metrics: Metrics
  readonly counter: Counter
  readonly jobs: JobParts
  /** Told when somebody may no longer come in, or is somebody else. */
  readonly accessChanged: () => void
  /** Credentials for one request in the name of somebody who is not here. */
  readonly pass: (principal: Principal) => string
}

/** Every door, each module's by one line, in the order of the house: below /api/v1, and those of `jobs` at the root. */
export function addApi(
  instance: FastifyInstance,
  { house, settings, metrics, counter, jobs, accessChanged, pass }: ApiParts,
): void {
  const server = instance.withTypeProvider<TypeBoxProvider>()
  const approvals = { server, house, rules: approvalRules(settings, { counter, jobs }), pass }
  addApprovals(approvals)
  addOperationRoutes(server, house)
  addPartyRoutes(server, house)
  addLedgerRoutes(server, house)
  addMeteringRoutes(server, house)
  addPricingRoutes(server, house)
  const { directory } = jobs
  addCreditRoutes(server, counter.credits, directory)
  addCounterRoutes(server, counter, directory)
  addRefundRoutes(server, counter)
  addRefundList(server, house, directory)
  addReservationRoutes(server, counter, directory)
  const memory = newMemory(house.zone)
  const unknown = settings.unknownParties
  const gathering = new Gathering(house, unknown, memory)
  const usage = { house, memory, gathering, unknown, count: usageCounts(metrics) }
  addUsageRoutes(server, usage)
  addEventRoutes(server, usage)
  addChargingRoutes(server, house, memory)
  addExplanationRoutes(server, house, memory)
  addPreviewRoutes(server, house, memory)
  addSettlementRoutes(server, house, memory)
  addReplayRoutes(server, house, memory, { slurm: (row) => readAgain(row, undefined) })
  addAccessDoors(server, { house, memories, changed: accessChanged })
  addApprovalDoors(approvals)
  addProofRoutes(server, house)
  countRunOuts(metrics, jobs.desk, instance.log)
  addJobDoors(instance, jobs)
}

/** What takes a second person, and how each is tried before it waits for one. */
const approvalRules = (
  { approvals: { grants, refunds, prices }, jobs: { currency } }: Settings,
  { counter, jobs }: Pick<ApiParts, 'counter' | 'jobs'>,
): ApprovalRules => ({
  ...(grants !== undefined && {
    'credits.grant': {
      limit: grants,
      currency: 'CREDIT',
      tryAt: 'dryRun',
      together: grantsTogether(jobs.directory),
    },
    // What a wallet may go below zero is spent as what is granted.
    'credits.limit': { limit: grants, currency: 'CREDIT', tryAt: 'dryRun' },
    'jobs.fund': { limit: grants, currency, tryAt: null, together: fundsTogether(jobs) },
  }),
  ...(refunds !== undefined && {
    'credits.refund': { limit: refunds, tryAt: 'dryRun', together: refundsTogether(counter) },
  }),
  ...(prices && {
    'prices.set': { limit: null, tryAt: '/api/v1/prices/check' },
    'formula.set': { limit: null, tryAt: null },
    'jobs.price': { limit: null, tryAt: null },
  }),
})

const grantsTogether = (directory: Directory): Together => ({
  whom: async (principal, body) => (await directory.payerFor(principal, String(fieldsOf(body)['payer']))).id,
  lately: grantedLately,
})

const refundsTogether = (counter: Counter): Together => ({
  whom: async (_, body) => (await findRefundable(counter, String(fieldsOf(body)['of']))).payer,
  lately: refundedLately,
})

const fundsTogether = (jobs: JobParts): Together => ({
  whom: (_, body) => fundedLab(jobs, fieldsOf(body)),
  keyOf: (body) => fundingKey(fieldsOf(body)['vlab_id'], fieldsOf(body)['reference']),
  lately: grantedLately,
})
