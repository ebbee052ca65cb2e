import type { House } from '../operations/house.ts'
import type { Door } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { numbered, numberOf } from '../values/id.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import { localText } from '../values/period.ts'
import { Refusal } from '../values/refusal.ts'
import { newMemory } from './memory-commands.ts'
import { Payers } from './payer-commands.ts'
import { type ExplainedReservation, explainReservation } from './settlement/explain-commands.ts'
import { reservationExplanation } from './settlement/explain-json.ts'
import { expanded, groupedFormula } from './spoken.ts'

/** `bursar explain res_…` and `bursar explain set_…`; answers whether that is what was asked for. */
export async function explainedAsReservation(door: Door<House>, what: string): Promise<boolean> {
  const reservation = numberOf('reservation', what)
  const settlement = numberOf('settlement', what)
  if (reservation === undefined && settlement === undefined) return false
  const house = await door.house()
  const wanted = settlement === undefined ? { reservation: reservation as bigint } : { settlement }
  const payers = new Payers(house)
  const found = await explainReservation(house, newMemory(house.zone), (row) => payers.payerOf(row), wanted)
  if (!found) throw new Refusal(`There is no ${what}.`, 'bursar reservations lists those that there are.')
  door.answer(reservationExplanation(found))
  show(door, found, house.zone)
  return true
}

function show(door: Door<House>, { whole, settlements }: ExplainedReservation, zone: string): void {
  const { shown, steps } = whole
  const money = (amount: string) => amountText(amount, shown.currency)
  door.say(`${shown.id}   ${shown.state}, ${money(shown.charged)} charged, ${money(shown.held)} held`)
  door.say(`\n  payer     ${shown.payer}`)
  door.say(`  for       ${shown.service} ${shown.subtype === '*' ? '' : shown.subtype}`.trimEnd())
  door.say(`  held      ${money(shown.amount)} at ${localText(Date.parse(shown.at), zone)}`)
  door.say(`  until     ${localText(Date.parse(shown.until), zone)}`)
  if (steps.length > 0) {
    door.say('')
    door.table(
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
  for (const settlement of settlements) showSettlement(door, settlement)
}

function showSettlement(
  door: Door<House>,
  { row, lines, transfers }: ExplainedReservation['settlements'][number],
): void {
  const money = (amount: string) => amountText(nanosText(nanosFrom(amount)), row.currency)
  door.say(`\n${numbered('settlement', row.id)}   ${money(row.amount)}`)
  if (nanosFrom(row.absorbed) > 0n)
    door.say(`  absorbed  ${money(row.absorbed)}: nobody pays it, by the overrun policy`)
  if (row.quantities === null) door.say('  as told   an amount was given, so no price was asked')
  else if (!lines) door.say('  its steps cannot be shown: the payer has changed its tier or organisation since')
  for (const line of lines ?? []) {
    const formula = `${groupedFormula(line.formula)} = ${groupedFormula(line.formulaWithNumbers)}`
    door.say(`  ${line.component}: ${formula} = ${expanded(line.quantityOfRecord)}`)
    for (const { quantity, price, per, amount } of line.rows) {
      const divided = per === '1' ? '' : ` ÷ ${grouped(per)}`
      door.say(`    ${expanded(quantity)} × ${price} ${line.currency}${divided} = ${expanded(amount)}`)
    }
    door.say(
      `    by ${numbered('price', line.price)}, book revision ${row.book}: ${amountText(line.rounded, line.currency)}`,
    )
  }
  for (const { id, amount, debit_kind: debit, credit_kind: credit, reason } of transfers) {
    const sides = `debit ${debit.replaceAll('_', ' ')}, credit ${credit.replaceAll('_', ' ')}`
    door.say(`  ledger    ${numbered('transfer', id)}  ${money(amount)}  ${sides} (${reason})`)
  }
}
