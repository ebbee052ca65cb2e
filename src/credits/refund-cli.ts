import type { Command } from 'commander'
import type { House } from '../operations/house.ts'
import type { Register } from '../terminal/door.ts'
import { amountText } from '../terminal/number.ts'
import { reasonOf } from '../terminal/reason.ts'
import { type Ask, changeOptions, done, keyOf, type Money, right, type Row, send } from './asked-cli.ts'

export function refundWith(ask: Ask): Register<House> {
  return (command, door) => {
    changeOptions(command)
      .argument('<what>', 'a charge (chg_…, set_…), a reservation (res_…), a record (rec_…), or a job')
      .requiredOption('--amount <amount>', 'such as 100 or 4.37, in the currency of the charge')
      .requiredOption('--reason <text>', 'why; it stands in the audit record', reasonOf)
      .action(async (of: string, options: Money & { amount: string; reason: string }, own: Command) => {
        const { amount, reason, dryRun } = options
        const body = { of, amount, reason, ...(dryRun && { dryRun }) }
        const told = await send(ask, own, door, { method: 'POST', path: '/api/v1/refunds', body, ...keyOf(options) })
        if (!told) return
        const money = (text = '') => amountText(text, told['currency'] ?? '')
        door.say(`${done(dryRun)}${money(told['amount'])} given back for ${of}.`)
        const refunds = told['refunds'] as unknown as readonly Row[]
        door.table(
          refunds.map((row) => [row['id'] ?? '', row['charge'] ?? '', money(row['amount'])]),
          [{ title: 'refund' }, { title: 'charge' }, right('amount')],
        )
      })
  }
}
