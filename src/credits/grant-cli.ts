import type { Command } from 'commander'
import type { House } from '../operations/house.ts'
import type { Door, Register } from '../terminal/door.ts'
import { amountText } from '../terminal/number.ts'
import { momentOf } from '../values/moment.ts'
import { WrongUsage } from '../values/refusal.ts'
import { type Ask, bodyOf, done, keyOf, type Money, moneyOptions, part, payerText, send } from './asked-cli.ts'

export function grantWith(ask: Ask): Register<House> {
  return (command, door) => {
    moneyOptions(command)
      .argument('<payer>', payerText)
      .argument('<amount>', 'such as 100 or 4.37')
      .requiredOption('--origin <word>', 'where they come from: purchase, allocation, gift …')
      .option(
        '--expires <date>',
        'from when they are no more: a date (its start in BURSAR_ZONE) or a time with its zone',
      )
      .action(
        async (payer: string, amount: string, options: Money & { origin: string; expires?: string }, own: Command) => {
          const expiresAt = options.expires === undefined ? undefined : await timeOf(door, options.expires)
          const body = { payer, amount, ...bodyOf(options), origin: options.origin, ...(expiresAt && { expiresAt }) }
          const told = await send(ask, own, door, { method: 'POST', path: '/api/v1/grants', body, ...keyOf(options) })
          if (!told) return
          const money = (text = '') => amountText(text, told['currency'] ?? '')
          door.say(
            `${done(options.dryRun)}${money(told['amount'])} for ${payer}; ${money(told['available'])} available.`,
          )
          door.say(`Next: bursar balance ${payer}`)
        },
      )
  }
}

async function timeOf(door: Door<House>, text: string): Promise<string> {
  const at = momentOf(text, (await door.setting('BURSAR_ZONE')) ?? 'UTC')
  if (at === undefined)
    throw new WrongUsage(`--expires ${text} is no date.`, 'Write 2027-01-01, or a time with its zone.')
  return new Date(at).toISOString()
}

export function moveWith(ask: Ask): Register<House> {
  return (command, door) => {
    moneyOptions(command)
      .argument('<amount>', 'such as 100 or 4.37')
      .requiredOption('--from <payer>', payerText)
      .requiredOption('--to <payer>', payerText)
      .action(async (amount: string, options: Money & { from: string; to: string }, own: Command) => {
        const { from, to } = options
        const body = { from, to, amount, ...bodyOf(options) }
        const told = await send(ask, own, door, { method: 'POST', path: '/api/v1/moves', body, ...keyOf(options) })
        if (!told) return
        const money = (text = '') => amountText(text, told['currency'] ?? '')
        door.say(`${done(options.dryRun)}${money(told['amount'])} from ${from} to ${to}.`)
        door.say(`Available now: ${from} ${money(told['from'])}, ${to} ${money(told['to'])}.`)
      })
  }
}

export function limitWith(ask: Ask): Register<House> {
  return (command, door) => {
    moneyOptions(command)
      .argument('<payer>', payerText)
      .argument('<amount>', 'how far its wallet may go below zero')
      .action(async (payer: string, amount: string, options: Money, own: Command) => {
        const path = `/api/v1/wallets/${part(payer)}/limit`
        const body = { amount, ...bodyOf(options) }
        const told = await send(ask, own, door, { method: 'PUT', path, body, ...keyOf(options) })
        if (!told) return
        const money = (text = '') => amountText(text, told['currency'] ?? '')
        door.say(`${done(options.dryRun)}${payer} may owe ${money(told['creditLimit'])}.`)
        door.say(`Available now: ${money(told['available'])}.`)
      })
  }
}
