import type { TransferRow } from '../ledger/commands.ts'
import type { RecordRow } from '../metering/commands.ts'
import { scopeText } from '../pricing/describe.ts'
import type { ExplainedLine } from '../pricing/explain.ts'
import { decimalText } from '../values/decimal.ts'
import { idOf, numbered } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import type { Charge } from './charge.ts'
import type { Explanation } from './explain-commands.ts'
import { shownTrueUp } from './true-up/explain-json.ts'

/** An explanation as a program reads it: ids with their prefixes, sums and quantities as exact decimals. */
export function explanationJson(found: Explanation) {
  const { record, project, person, prior, reason, lines, past, successor, transfers } = found
  return {
    record: recordJson(record),
    project: {
      id: idOf('project', project.project),
      name: project.name,
      organisation: project.organisationName,
      tier: project.tier,
    },
    person,
    state: lines.length > 0 && prior.live.length > 0 ? 'charged' : prior.state,
    reason: prior.live.length > 0 ? null : (reason ?? null),
    charges: lines.map(({ charge, steps }) => ({ ...chargeJson(charge), steps: steps ? stepsJson(steps) : null })),
    past: past.map(({ charge, because }) => ({
      ...chargeJson(charge),
      because: because ? { ...because, operation: numbered('operation', because.operation) } : null,
    })),
    successor: successor ? numbered('record', successor.id) : null,
    trueUps: found.trueUps.map(shownTrueUp),
    transfers: transfers.map((transfer) => transferJson(transfer, found)),
  }
}

const recordJson = (record: RecordRow) => ({
  id: numbered('record', record.id),
  operation: numbered('operation', record.operation),
  period: record.period,
  source: record.source,
  externalId: record.external_id,
  version: record.version,
  project: idOf('project', record.project),
  person: record.person === null ? null : idOf('person', record.person),
  provider: idOf('provider', record.provider),
  service: record.service,
  subtype: record.subtype,
  startsAt: record.starts_at,
  endsAt: record.ends_at,
  measuredAt: record.measured_at,
  final: record.final,
  quantities: record.quantities,
  dimensions: record.dimensions,
  digest: record.digest,
  raw: record.raw,
})

const chargeJson = ({ nanos, ...charge }: Charge) => ({
  ...charge,
  id: numbered('charge', charge.id),
  record: numbered('record', charge.record),
  price: numbered('price', charge.price),
  transfer: charge.transfer === null ? null : numbered('transfer', charge.transfer),
  project: idOf('project', charge.project),
  provider: idOf('provider', charge.provider),
  quantity: decimalText(charge.quantity, 9),
  amount: nanosText(nanos),
})

const stepsJson = ({ nanos, uses, version, discount, span, ...steps }: ExplainedLine) => ({
  ...steps,
  span: { from: new Date(span.from), to: new Date(span.to) },
  price: numbered('price', steps.price),
  quantity: decimalText(steps.quantity, 9),
  amount: nanosText(nanos),
  uses: uses.map((use) => numbered('price', use)),
  priceVersion: versionJson(version),
  discount: discount ? versionJson(discount) : null,
})

const versionJson = (version: ExplainedLine['version']) => ({
  ...version,
  id: numbered('price', version.id),
  scope: scopeText(version),
  validFrom: new Date(version.validFrom),
})

const transferJson = (transfer: TransferRow, found: Explanation) => ({
  id: numbered('transfer', transfer.id),
  operation: numbered('operation', transfer.operation),
  debit: { owner: ownerOf(transfer.debit_owner, found), kind: transfer.debit_kind },
  credit: { owner: ownerOf(transfer.credit_owner, found), kind: transfer.credit_kind },
  currency: transfer.currency,
  amount: transfer.amount.replace(/\.?0+$/, ''),
  reason: transfer.reason,
  period: transfer.period,
  at: transfer.at,
})

/** An account belongs to one of those whom the usage is about; any other belongs to the house. */
function ownerOf(owner: string, { record, project }: Explanation): string | null {
  if (owner === record.project) return idOf('project', owner)
  if (owner === record.provider) return idOf('provider', owner)
  if (owner === project.organisation) return idOf('organisation', owner)
  return owner === record.person ? idOf('person', owner) : null
}
