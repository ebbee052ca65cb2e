import { amountText, grouped } from '../../terminal/number.ts'
import type { Speaker } from '../../terminal/speaker.ts'
import { numbered } from '../../values/id.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'
import { localText } from '../../values/period.ts'
import { expanded, groupedFormula } from '../spoken.ts'
import type { ExplainedReservation } from './explain-commands.ts'

/** Why a reservation cost what it did, in words. */
export function tellReservation(speaker: Speaker, { whole, settlements }: ExplainedReservation, zone: string): void {
  const { shown, steps } = whole
  const money = (amount: string) => amountText(amount, shown.currency)
  speaker.say(`${shown.id}   ${shown.state}, ${money(shown.charged)} charged, ${money(shown.held)} held`)
  speaker.say(`\n  payer     ${shown.payer}`)
  speaker.say(`  for       ${shown.service} ${shown.subtype === '*' ? '' : shown.subtype}`.trimEnd())
  speaker.say(`  held      ${money(shown.amount)} at ${localText(Date.parse(shown.at), zone)}`)
  speaker.say(`  until     ${localText(Date.parse(shown.until), zone)}`)
  if (steps.length > 0) {
    speaker.say('')
    speaker.table(
      steps.map((step) => [localText(Date.parse(step.at), zone), step.kind, step.held, step.charged, step.operation]),
      [
        { title: 'when' },
        { title: 'step' },
        { title: 'held', align: 'right' },
        { title: 'charged', align: 'right' },
        { title: 'operation' },
      ],
    )
  }
  for (const settlement of settlements) showSettlement(speaker, settlement)
}

function showSettlement(
  speaker: Speaker,
  { row, lines, transfers }: ExplainedReservation['settlements'][number],
): void {
  const money = (amount: string) => amountText(nanosText(nanosFrom(amount)), row.currency)
  speaker.say(`\n${numbered('settlement', row.id)}   ${money(row.amount)}`)
  if (nanosFrom(row.absorbed) > 0n)
    speaker.say(`  absorbed  ${money(row.absorbed)}: nobody pays it, by the overrun policy`)
  if (row.quantities === null) speaker.say('  as told   an amount was given, so no price was asked')
  else if (!lines) speaker.say('  its steps cannot be shown: the payer has changed its tier or organisation since')
  for (const line of lines ?? []) {
    const formula = `${groupedFormula(line.formula)} = ${groupedFormula(line.formulaWithNumbers)}`
    speaker.say(`  ${line.component}: ${formula} = ${expanded(line.quantityOfRecord)}`)
    for (const { quantity, price, per, amount } of line.rows) {
      const divided = per === '1' ? '' : ` ÷ ${grouped(per)}`
      speaker.say(`    ${expanded(quantity)} × ${price} ${line.currency}${divided} = ${expanded(amount)}`)
    }
    speaker.say(
      `    by ${numbered('price', line.price)}, book revision ${row.book}: ${amountText(line.rounded, line.currency)}`,
    )
  }
  for (const { id, amount, debit_kind: debit, credit_kind: credit, reason } of transfers) {
    const sides = `debit ${debit.replaceAll('_', ' ')}, credit ${credit.replaceAll('_', ' ')}`
    speaker.say(`  ledger    ${numbered('transfer', id)}  ${money(amount)}  ${sides} (${reason})`)
  }
}
