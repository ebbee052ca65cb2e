import { calledBy } from '../metering/fact.ts'
import { scopeText } from '../pricing/describe.ts'
import type { ExplainedLine } from '../pricing/explain.ts'
import { amountText, durationText, grouped } from '../terminal/number.ts'
import type { Speaker } from '../terminal/speaker.ts'
import { numbered } from '../values/id.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import { localText } from '../values/period.ts'
import type { Charge } from './charge.ts'
import type { Explanation } from './explain-commands.ts'
import { expanded, groupedFormula, spokenQuantity } from './spoken.ts'

/** Why a record cost what it did, in words; `asked` is the charge that was asked for. */
export function tellRecord(speaker: Speaker, found: Explanation, zone: string, asked: string | null): void {
  const { record, lines } = found
  const called = record.dimensions[calledBy]
  speaker.say(`${record.external_id}${called === undefined ? '' : ` (${called})`}   ${verdict(found)}`)
  speaker.say('')
  for (const [title, text] of facts(found, zone)) speaker.say(`  ${title.padEnd(9)} ${text}`)
  speaker.say('')
  speaker.table(
    Object.entries(record.quantities).map(([meter, quantity]) => [
      meter,
      grouped(quantity),
      spokenQuantity(meter, quantity),
    ]),
    [{ title: 'meter' }, { title: 'quantity', align: 'right' }, { title: 'that is' }],
  )
  for (const line of lines) showLine(speaker, line, zone, asked)
  if (lines.length > 1) showSum(speaker, found)
  showTrueUps(speaker, found)
  if (found.past.length > 0) showPast(speaker, found.past, zone, asked)
  if (found.transfers.length > 0) {
    speaker.say('\nIn the ledger, together with the other charges of its page:')
    for (const t of found.transfers) {
      const sides = `debit ${spaced(t.debit_kind)}, credit ${spaced(t.credit_kind)}`
      const amount = amountText(t.amount.replace(/\.?0+$/, ''), t.currency)
      speaker.say(`  ${numbered('transfer', t.id)}  ${amount}  ${sides} (${t.reason}, ${t.period.slice(0, 7)})`)
    }
  }
  speaker.say(`\nAs ${record.source} said it:\n  ${record.raw ?? 'erased'}`)
}

/** Whole seconds are told as such. */
const spanText = (milliseconds: number): string =>
  durationText(milliseconds)
    .replace('.0 s', ' s')
    .replace(/^0 ms$/, '0 s')

const spaced = (kind: string): string => kind.replaceAll('_', ' ')

function verdict({ lines, prior, reason, successor }: Explanation): string {
  if (prior.live.length === 0 && successor) {
    return `corrected: version ${successor.version} stands, ${numbered('record', successor.id)}`
  }
  if (prior.live.length === 0) return `${prior.state}: ${reason ?? 'no reason is on record'}`
  const sum = new Map<string, bigint>()
  for (const { charge } of lines) sum.set(charge.currency, (sum.get(charge.currency) ?? 0n) + charge.nanos)
  return [...sum].map(([currency, nanos]) => amountText(nanosText(nanos), currency)).join(', ')
}

/** Dimensions that have a line of their own; the others are listed by their name. */
const told = new Set(['state', 'exit_code', 'nodes', 'partition', 'qos', 'wait_seconds', 'limit_seconds', calledBy])

function facts({ record, project, person }: Explanation, zone: string): [title: string, text: string][] {
  const { dimensions: d, starts_at, ends_at } = record
  const [from, to] = [starts_at.getTime(), ends_at.getTime()]
  const seconds = (name: string, words: string) =>
    d[name] === undefined ? '' : `, ${words} ${spanText(Number(d[name]) * 1000)}`
  const others = Object.entries(d).filter(([name]) => !told.has(name))
  const place = [d['nodes'], d['partition'] && `partition ${d['partition']}`, d['qos'] && `qos ${d['qos']}`]
  const end = [d['state'], d['exit_code'] && `exit code ${d['exit_code']}`].filter(Boolean).join(', ')
  const lasted = `${spanText(to - from)}${seconds('wait_seconds', 'after waiting')}${seconds('limit_seconds', 'limit')}`
  const lines: [string, string][] = [
    ['who', `${person ?? 'nobody named'}, for ${project.name} of ${project.organisationName} (tier ${project.tier})`],
    ['when', `${localText(from, zone)} to ${localText(to, zone)}: ${lasted}`],
    ['where', place.filter(Boolean).join(', ')],
    ['end', record.final ? end : `${end} (it has not ended: nothing is charged yet)`],
    ['besides', others.map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`).join(', ')],
    ['record', `${numbered('record', record.id)}, version ${record.version}, from ${record.source}`],
  ]
  return lines.filter(([, text]) => text !== '')
}

const pointer = (charge: Charge, asked: string | null) =>
  numbered('charge', charge.id) === asked ? '   ◀ asked for' : ''

type Line = Explanation['lines'][number]

function showLine(speaker: Speaker, { charge, steps }: Line, zone: string, asked: string | null): void {
  const amount = amountText(nanosText(charge.nanos), charge.currency)
  const memo = charge.kind === 'memo' ? ' (a memo: never charged)' : ''
  speaker.say(`\n${charge.component}   ${amount}${memo}   ${numbered('charge', charge.id)}${pointer(charge, asked)}`)
  if (!steps) {
    speaker.say('  its steps cannot be shown: the project has changed its tier or organisation since')
    return
  }
  const { version, discount } = steps
  const scope = version.scopeKind === 'default' ? 'for everybody' : `for ${version.scopeKind} ${scopeText(version)}`
  const since = `since ${localText(version.validFrom, zone)}`
  speaker.say(`  price     ${numbered('price', version.id)} ${scope}, ${since}, book revision ${charge.book}`)
  speaker.say(`  quantity  ${quantityText(steps)}`)
  if (charge.part > 0 || steps.quantityBefore !== '0') {
    const [before, sofar] = [grouped(steps.quantityBefore), grouped(steps.quantitySoFar)]
    speaker.say(`  part      number ${charge.part}, of ${charge.period.slice(0, 7)}: from ${before} to ${sofar}`)
  }
  for (const row of steps.rows) {
    const per = row.per === '1' ? '' : ` ÷ ${grouped(row.per)}`
    const fixed = row.fixed ? ` + ${row.fixed}` : ''
    const tier = steps.rows.length === 1 && row.tier === 'every unit' ? '' : `   (${row.tier})`
    speaker.say(
      `  amount    ${expanded(row.quantity)} × ${row.price} ${charge.currency}${per}${fixed} = ${expanded(row.amount)}${tier}`,
    )
  }
  if (steps.fixed) speaker.say(`  fixed     + ${steps.fixed}`)
  if (discount) speaker.say(`  discount  − ${steps.discountPercent} % (${numbered('price', discount.id)})`)
  if (steps.paidBefore !== '0') speaker.say(`  before    − ${expanded(steps.paidBefore)} for the parts before`)
  if (discount || steps.fixed || steps.rows.length > 1 || steps.paidBefore !== '0') {
    speaker.say(`  together  ${expanded(steps.unrounded)}`)
  }
  speaker.say(`  rounded   ${amountText(steps.rounded, charge.currency)} (once, half to even, at nine places)`)
}

/** The formula, the formula with the record's numbers, and what that makes; said once where it is only a meter. */
function quantityText({ formula, formulaWithNumbers, quantityOfRecord, unit }: ExplainedLine): string {
  const result = `${expanded(quantityOfRecord)}${unit ? ` ${unit}s` : ''}`
  const numbers = groupedFormula(formulaWithNumbers)
  const isMeter = numbers === grouped(quantityOfRecord)
  return `${groupedFormula(formula)} = ${isMeter ? '' : `${numbers} = `}${result}`
}

function showSum(speaker: Speaker, { lines, prior }: Explanation): void {
  if (prior.live.length === 0) return
  for (const [currency, alike] of Map.groupBy(lines, ({ charge }) => charge.currency)) {
    const parts = alike.map(({ charge }) => `${charge.component} ${grouped(nanosText(charge.nanos))}`)
    const sum = alike.reduce((total, { charge }) => total + charge.nanos, 0n)
    speaker.say(`\nsum   ${parts.join(' + ')} = ${amountText(nanosText(sum), currency)}`)
  }
}

/** The newest by name: its own explanation names the others. */
function showTrueUps(speaker: Speaker, { trueUps }: Explanation): void {
  for (const [place, alike] of Map.groupBy(
    trueUps,
    ({ period, component, currency }) => `${component} ${period.slice(0, 7)} ${currency}`,
  )) {
    const [component, month, currency = ''] = place.split(' ')
    const sum = alike.reduce((total, { amount }) => total + nanosFrom(amount), 0n)
    const newest = numbered('trueUp', alike.at(-1)?.id ?? '')
    speaker.say(
      `\n${component}   what tiers and included volume make of all of ${month}: ${amountText(nanosText(sum), currency)}   ${newest}`,
    )
  }
}

function showPast(speaker: Speaker, past: Explanation['past'], zone: string, asked: string | null): void {
  speaker.say('\nTaken back:')
  for (const { charge, because } of past) {
    const amount = amountText(nanosText(charge.nanos), charge.currency)
    const under = charge.transfer === null ? '' : `  ${numbered('transfer', charge.transfer)}`
    const id = numbered('charge', charge.id)
    const price = numbered('price', charge.price)
    speaker.say(`  ${id}  ${charge.kind}  ${charge.component}  ${amount}  ${price}${under}${pointer(charge, asked)}`)
    if (!because) continue
    const { reason, principal, at, operation } = because
    speaker.say(`      ${reason} (${principal}, ${localText(at.getTime(), zone)}, ${numbered('operation', operation)})`)
  }
}
