import { scopeText } from '../../pricing/describe.ts'
import { amountText, grouped } from '../../terminal/number.ts'
import type { Speaker } from '../../terminal/speaker.ts'
import { decimalText, parseDecimal } from '../../values/decimal.ts'
import { numbered } from '../../values/id.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'
import { localText } from '../../values/period.ts'
import { expanded, groupedFormula } from '../spoken.ts'
import type { ExplainedTrueUp } from './explain-commands.ts'

/** Why a true-up is what it is, in words. */
export function tellTrueUp(speaker: Speaker, found: ExplainedTrueUp, zone: string): void {
  const { row, project, version, charges, before } = found
  const money = (nanos: bigint) => amountText(nanosText(nanos), row.currency)
  const amount = nanosFrom(row.amount)
  const month = row.period.slice(0, 7)
  speaker.say(`${numbered('trueUp', row.id)}   ${money(amount)}: what tiers and included volume make of ${month}`)
  speaker.say(`\n  project   ${project.name}, of ${project.organisationName} (tier ${project.tier})`)
  speaker.say(`  for       ${version.service} ${row.component}, all of ${month} as it was known then`)
  if (found.at)
    speaker.say(`  written   ${localText(found.at.getTime(), zone)}, ${numbered('operation', row.operation)}`)
  speaker.say('')
  showSteps(speaker, found, zone)
  speaker.say(`  the month ${money(nanosFrom(row.total))} (rounded once, half to even, at nine places)`)
  speaker.say(`  charges   − ${money(charges)}, of single records, each by itself`)
  if (before !== 0n) speaker.say(`  before    − ${money(before)}, of true-ups that were written before`)
  if (found.beside !== 0n) speaker.say(`  beside    − ${money(found.beside)}, for what was paid in the other way`)
  speaker.say(`  true-up   ${money(amount)}`)
  if (found.alike.length > 1) {
    speaker.say(`\nTrue-ups of ${version.service} ${row.component} in ${month}:`)
    for (const other of found.alike) {
      const mark = other.id === row.id ? '   ◀ asked for' : ''
      speaker.say(`  ${numbered('trueUp', other.id)}  ${money(nanosFrom(other.amount))}${mark}`)
    }
  }
  speaker.say('\nIn the ledger:')
  for (const t of found.transfers) {
    const sides = `debit ${t.debit_kind}, credit ${t.credit_kind}`.replaceAll('_', ' ')
    speaker.say(`  ${numbered('transfer', t.id)}  ${money(nanosFrom(t.amount))}  ${sides} (${t.reason}, ${month})`)
  }
}

function showSteps(speaker: Speaker, { row, steps }: ExplainedTrueUp, zone: string): void {
  if (!steps) {
    speaker.say(`  quantity  ${grouped(decimalText(parseDecimal(row.quantity, 9) as bigint, 9))}`)
    speaker.say('  its steps cannot be shown: the project has changed its tier or organisation since')
    return
  }
  const { version, discount, unit } = steps
  const scope = version.scopeKind === 'default' ? 'for everybody' : `for ${version.scopeKind} ${scopeText(version)}`
  const units = unit ? ` ${unit}s` : ''
  speaker.say(`  price     ${numbered('price', version.id)} ${scope}, since ${localText(version.validFrom, zone)}`)
  speaker.say(`  quantity  Σ ${groupedFormula(steps.formula)} = ${expanded(steps.quantity)}${units}`)
  if (steps.included) speaker.say(`  included  − ${grouped(steps.included)} = ${expanded(steps.priced)}${units}`)
  for (const each of steps.rows) {
    const per = each.per === '1' ? '' : ` ÷ ${grouped(each.per)}`
    const fixed = each.fixed ? ` + ${each.fixed}` : ''
    const tier = each.tier === 'every unit' ? '' : `   (${each.tier})`
    speaker.say(
      `  amount    ${expanded(each.quantity)} × ${each.price} ${row.currency}${per}${fixed} = ${expanded(each.amount)}${tier}`,
    )
  }
  if (discount) speaker.say(`  discount  − ${steps.discountPercent} % (${numbered('price', discount.id)})`)
  if (discount || steps.rows.length > 1) speaker.say(`  together  ${expanded(steps.unrounded)}`)
}
