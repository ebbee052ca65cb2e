import type { Command } from 'commander'
import type { House } from '../operations/house.ts'
import type { Register } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { withQuery } from '../terminal/there.ts'
import {
  type Ask,
  bodyOf,
  done,
  keyOf,
  list,
  type Money,
  moneyOptions,
  part,
  payerText,
  right,
  send,
} from './asked-cli.ts'

export function budgetWith(ask: Ask): Register<House> {
  return (command, door) => {
    const spanText = 'day, month or total'
    command
      .command('list')
      .description('budgets in force, and what is used of them')
      .argument('[payer]', payerText)
      .action(async (payer: string | undefined, _: object, own: Command) => {
        const items = await list(ask, own, door, withQuery('/api/v1/budgets', { limit: '1000', payer }))
        if (items.length === 0) return door.say('No budget stands. bursar budget set PAYER month AMOUNT makes one.')
        door.table(
          items.map((row) => [
            row['payer'] ?? '',
            row['span'] ?? '',
            row['since'] ?? '',
            ...['amount', 'used', 'left'].map((name) => grouped(row[name] ?? '', 2)),
            row['currency'] ?? '',
          ]),
          [
            { title: 'payer' },
            { title: 'span' },
            { title: 'since' },
            right('budget'),
            right('used'),
            right('left'),
            { title: '' },
          ],
        )
      })
    moneyOptions(command.command('set').description('what a payer and everybody below it may spend, holds included'))
      .argument('<payer>', payerText)
      .argument('<span>', spanText)
      .argument('<amount>', 'such as 100 or 4.37')
      .action(async (payer: string, span: string, amount: string, options: Money, own: Command) => {
        const path = `/api/v1/budgets/${part(payer)}/${part(span)}`
        const body = { amount, ...bodyOf(options) }
        const told = await send(ask, own, door, { method: 'PUT', path, body, ...keyOf(options) })
        const of = `${amountText(told?.['amount'] ?? '', told?.['currency'] ?? '')} for ${payer}, per ${span}`
        if (told) door.say(`${done(options.dryRun)}The budget is ${of}.`)
      })
    moneyOptions(command.command('end').description('let a budget end; what was used counts again when it is set anew'))
      .argument('<payer>', payerText)
      .argument('<span>', spanText)
      .action(async (payer: string, span: string, options: Money, own: Command) => {
        const { currency, dryRun } = options
        const query = { currency, ...(dryRun && { dryRun: 'true' }) }
        const path = withQuery(`/api/v1/budgets/${part(payer)}/${part(span)}`, query)
        const told = await send(ask, own, door, { method: 'DELETE', path, ...keyOf(options) })
        if (told) door.say(`${done(dryRun)}${payer} has no budget per ${span} any more.`)
      })
  }
}
