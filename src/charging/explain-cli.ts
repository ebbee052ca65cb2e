import type { House } from '../operations/house.ts'
import { type Door, type Register } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { idOf, numbered } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import { decimalText } from '../values/decimal.ts'
import { localText } from '../values/period.ts'
import { Refusal } from '../values/refusal.ts'
import type { ExplainedLine } from '../pricing/explain.ts'
import type { Charge } from './charge.ts'
import { newMemory } from './commands.ts'
import { explain, type Explanation, findRecords } from './explain-commands.ts'

/** `bursar explain CHARGE|JOB` */
export const explainCommand: Register<House> = (command, door) => {
  command
    .argument('<what>', 'a charge (chg_…), a record (rec_…) or a job: 4, lab/4 or lab/4/1795250309')
    .action(async (what: string) => {
      const house = await door.house()
      const records = await findRecords(house, what)
      if (records.length === 0) {
        throw new Refusal(
          `Nothing is known of “${what}”.`,
          'Give a charge (chg_…), a record (rec_…) or the number of a job.',
        )
      }
      const memory = newMemory(house.zone)
      const explanations = []
      for (const record of records) explanations.push(await explain(house, record, memory))
      door.answer({ records: explanations.map(explanationJson) })
      explanations.forEach((explanation, index) => {
        if (index > 0) door.say(`\n${'─'.repeat(72)}\n`)
        show(door, explanation, house.zone)
      })
    })
}

const chargeJson = (charge: Charge) => ({
  ...charge,
  id: numbered('charge', charge.id),
  record: numbered('record', charge.record),
  price: numbered('price', charge.price),
  transfer: charge.transfer === null ? null : numbered('transfer', charge.transfer),
  project: idOf('project', charge.project),
  provider: idOf('provider', charge.provider),
  quantity: decimalText(charge.quantity, 9),
  nanos: undefined,
  amount: nanosText(charge.nanos),
})

function explanationJson({ record, project, person, prior, reason, lines, past, transfers }: Explanation) {
  return {
    record: { ...record, id: numbered('record', record.id), operation: numbered('operation', record.operation) },
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
    past: past.map(chargeJson),
    transfers: transfers.map((transfer) => ({ ...transfer, id: numbered('transfer', transfer.id) })),
  }
}

const stepsJson = ({ nanos, uses, version, discount, ...steps }: ExplainedLine) => ({
  ...steps,
  price: numbered('price', steps.price),
  quantity: decimalText(steps.quantity, 9),
  amount: nanosText(nanos),
  uses: uses.map((use) => numbered('price', use)),
  priceVersion: versionJson(version),
  discount: discount ? versionJson(discount) : null,
})

const versionJson = (version: ExplainedLine['version']) => ({ ...version, id: numbered('price', version.id) })

function show(door: Door<House>, found: Explanation, zone: string): void {
  const { record, project, lines, prior } = found
  const sum = new Map<string, bigint>()
  for (const { charge } of lines) sum.set(charge.currency, (sum.get(charge.currency) ?? 0n) + charge.nanos)
  const total = [...sum].map(([currency, nanos]) => amountText(nanosText(nanos), currency)).join(', ')
  const verdict = prior.live.length > 0 ? total : `${prior.state}: ${found.reason ?? 'no reason is on record'}`
  door.say(`${record.external_id} (${numbered('record', record.id)}, version ${record.version})  ${verdict}`)
  const who = found.person ? ` by ${found.person}` : ''
  door.say(`used ${localText(record.starts_at.getTime(), zone)} to ${localText(record.ends_at.getTime(), zone)}${who}`)
  door.say(`project ${project.name}, of ${project.organisationName}, tier ${project.tier}; source ${record.source}`)
  door.say('')
  door.table(
    Object.entries(record.quantities).map(([meter, quantity]) => [meter, grouped(quantity)]),
    [{ title: 'meter' }, { title: 'quantity', align: 'right' }],
  )
  const dimensions = Object.entries(record.dimensions).map(([name, value]) => `${name} ${value}`)
  door.say(`\n${dimensions.join(' · ')}`)
  for (const line of lines) showLine(door, line, zone)
  if (found.past.length > 0) showPast(door, found.past)
  if (found.transfers.length > 0) {
    door.say('\nTransfers under it (each sums a page of charges):')
    for (const t of found.transfers) {
      const sides = `debit ${t.debit_kind}, credit ${t.credit_kind}`
      door.say(
        `  ${numbered('transfer', t.id)}  ${amountText(t.amount, t.currency)}  ${sides}, ${t.reason}, ${t.period.slice(0, 7)}`,
      )
    }
  }
  door.say(`\nAs ${record.source} said it:\n  ${record.raw ?? 'erased'}`)
}

function showLine(door: Door<House>, { charge, steps }: Explanation['lines'][number], zone: string): void {
  const amount = amountText(nanosText(charge.nanos), charge.currency)
  const memo = charge.kind === 'memo' ? ' (a memo: never charged)' : ''
  door.say(`\n${charge.component}: ${amount}${memo}   ${numbered('charge', charge.id)}`)
  if (!steps) {
    door.say('  its steps cannot be shown: the project has changed its tier or organisation since')
    return
  }
  const { version, discount } = steps
  const scope = version.scopeKind === 'default' ? 'for everybody' : `for ${version.scopeKind} ${version.scope}`
  door.say(
    `  price     ${numbered('price', version.id)}, ${scope}, valid from ${localText(version.validFrom, zone)}, book revision ${charge.book}`,
  )
  door.say(
    `  quantity  ${steps.formula} = ${steps.formulaWithNumbers} = ${grouped(steps.quantityOfRecord)}${steps.unit ? ` ${steps.unit}` : ''}`,
  )
  if (charge.part > 0 || steps.quantityBefore !== '0') {
    door.say(
      `  part      ${charge.part}: from ${grouped(steps.quantityBefore)} to ${grouped(steps.quantitySoFar)}, ${charge.period.slice(0, 7)}`,
    )
  }
  for (const row of steps.rows) {
    const per = row.per === '1' ? '' : ` per ${grouped(row.per)}`
    const fixed = row.fixed ? ` + ${row.fixed}` : ''
    door.say(`  tier      ${row.tier}: ${grouped(row.quantity)} × ${row.price}${per}${fixed} = ${row.amount}`)
  }
  if (steps.fixed) door.say(`  fixed     + ${steps.fixed}`)
  if (discount) door.say(`  discount  − ${steps.discountPercent} % (${numbered('price', discount.id)})`)
  if (steps.paidBefore !== '0') door.say(`  before    − ${steps.paidBefore} for the parts before`)
  door.say(`  rounding  ${steps.unrounded} → ${steps.rounded} ${charge.currency} (half to even, nine places, once)`)
}

function showPast(door: Door<House>, past: readonly Charge[]): void {
  door.say('\nTaken back before:')
  for (const charge of past) {
    const amount = amountText(nanosText(charge.nanos), charge.currency)
    door.say(`  ${numbered('charge', charge.id)}  ${charge.kind}  ${charge.component}  ${amount}`)
  }
}
