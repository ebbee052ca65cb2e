import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import type { House } from '../operations/house.ts'
import type { Door, Register } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { momentOf } from '../values/moment.ts'
import { localText } from '../values/period.ts'
import { Refusal, WrongUsage } from '../values/refusal.ts'

export type Asked = {
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly key?: string
}
export type Told = { readonly status: number; readonly body: { readonly [member: string]: unknown } }
/** Asks a door in the name of whoever sits at the terminal. */
export type Ask = (command: Command, door: Door<House>, asked: Asked) => Promise<Told>

type Row = Readonly<Record<string, string>>
type Money = { currency?: string; dryRun?: true; key?: string }

const payerText = 'who pays: prj_…, org_…, per_…, or the name of a project'
const right = (title: string) => ({ title, align: 'right' as const })
const part = encodeURIComponent

const moneyOptions = (command: Command): Command =>
  command
    .option('--currency <code>', 'CREDIT without it')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--key <key>', 'the same key again is the same request again; a new one without it')

/** `bursar grant`, `move`, `limit`, `budget`, `balance`, `reservations`, `refund`: each asks a door. */
export function creditsWith(ask: Ask) {
  return {
    grant: grantWith(ask),
    move: moveWith(ask),
    limit: limitWith(ask),
    budget: budgetWith(ask),
    balance: balanceWith(ask),
    reservations: reservationsWith(ask),
    refund: refundWith(ask),
  }
}

/** Sends a money command; answers what came back, or undefined when it waits for a second person. */
async function send(
  ask: Ask,
  command: Command,
  door: Door<House>,
  { method, path, body, key }: Asked,
): Promise<Row | undefined> {
  const told = answered(await ask(command, door, { method, path, key: key ?? randomUUID(), ...(body && { body }) }))
  door.answer(told.body)
  if (told.status !== 202) return told.body as Row
  door.say(`It waits for a second person: ${String(told.body['id'])}`)
  door.say('Next: somebody else says yes or no with `bursar approval`.')
  return undefined
}

function answered(told: Told): Told {
  const { status, body } = told
  if (status < 400) return told
  const { title, detail, issues, type: _, status: __, ...members } = body
  const [first] = (issues ?? []) as { field: string; message: string }[]
  const others = Object.entries(members).map(([name, value]) => `${name} ${String(value)}`)
  const more = first ? [`${first.field.replace(/^(body|params|query)\./, '')} ${first.message}`] : []
  if (typeof detail === 'string') more.push(detail)
  const text = [...more, ...others].join(', ')
  const refused = `${String(title).replace(/\.$/, '')}${text && `: ${text}`}`
  throw status === 400 ? new WrongUsage(refused, 'Nothing was changed.') : new Refusal(refused, 'Nothing was changed.')
}

const done = (dryRun: true | undefined): string => (dryRun ? 'Nothing was changed. Without --dry-run: ' : '')

function grantWith(ask: Ask): Register<House> {
  return (command, door) => {
    moneyOptions(command)
      .argument('<payer>', payerText)
      .argument('<amount>', 'such as 100 or 4.37')
      .requiredOption('--origin <word>', 'where they come from: purchase, allocation, gift …')
      .option('--expires <date>', 'the day or time from which they are no more')
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

const bodyOf = ({ currency, dryRun }: Money) => ({ ...(currency && { currency }), ...(dryRun && { dryRun }) })
const keyOf = ({ key }: Money) => (key === undefined ? {} : { key })

async function timeOf(door: Door<House>, text: string): Promise<string> {
  const at = momentOf(text, (await door.setting('BURSAR_ZONE')) ?? 'UTC')
  if (at === undefined)
    throw new WrongUsage(`--expires ${text} is no date.`, 'Write 2027-01-01, or a time with its zone.')
  return new Date(at).toISOString()
}

function moveWith(ask: Ask): Register<House> {
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

function limitWith(ask: Ask): Register<House> {
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

function budgetWith(ask: Ask): Register<House> {
  return (command, door) => {
    const spanText = 'day, month or total'
    command
      .command('list')
      .description('budgets in force, and what is used of them')
      .argument('[payer]', payerText)
      .action(async (payer: string | undefined, _: object, own: Command) => {
        const items = await list(ask, own, door, `/api/v1/budgets?limit=1000${payer ? `&payer=${part(payer)}` : ''}`)
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
    command
      .command('end')
      .description('let a budget end')
      .argument('<payer>', payerText)
      .argument('<span>', spanText)
      .option('--currency <code>', 'CREDIT without it')
      .action(async (payer: string, span: string, { currency }: Money, own: Command) => {
        const path = `/api/v1/budgets/${part(payer)}/${part(span)}${currency ? `?currency=${part(currency)}` : ''}`
        const told = await send(ask, own, door, { method: 'DELETE', path })
        if (told) door.say(`${payer} has no budget per ${span} any more.`)
      })
  }
}

async function list(ask: Ask, command: Command, door: Door<House>, path: string): Promise<readonly Row[]> {
  const { body } = answered(await ask(command, door, { method: 'GET', path }))
  door.answer(body)
  return body['items'] as readonly Row[]
}

function balanceWith(ask: Ask): Register<House> {
  return (command, door) => {
    command.argument('[payer]', `${payerText}; all without it`).action(async (payer, _: object, own: Command) => {
      const only = typeof payer === 'string' ? `&payer=${part(payer)}` : ''
      const items = await list(ask, own, door, `/api/v1/wallets?limit=1000${only}`)
      if (items.length === 0) return door.say('No wallet yet: bursar grant PAYER AMOUNT --origin WORD opens one.')
      const amounts = ['posted', 'held', 'available', 'overrun', 'creditLimit']
      door.table(
        items.map((row) => [
          row['payer'] ?? '',
          row['currency'] ?? '',
          ...amounts.map((name) => grouped(row[name] ?? '', 2)),
        ]),
        [{ title: 'payer' }, { title: 'currency' }, ...['posted', 'held', 'available', 'overrun', 'limit'].map(right)],
      )
      await showLots(door, items as unknown as readonly { lots: readonly Row[]; currency: string }[])
    })
  }
}

async function showLots(
  door: Door<House>,
  items: readonly { lots: readonly Row[]; currency: string }[],
): Promise<void> {
  const lots: readonly Row[] = items.flatMap((item) => item.lots.map((lot) => ({ ...lot, currency: item.currency })))
  if (lots.length === 0) return
  const zone = (await door.setting('BURSAR_ZONE')) ?? 'UTC'
  door.say('\nOf these expire:')
  door.table(
    lots.map((lot) => [
      localText(Date.parse(lot['expiresAt'] ?? ''), zone),
      `${grouped(lot['posted'] ?? '', 2)} ${lot['currency']}`,
      lot['grant'] ?? '',
    ]),
    [{ title: 'on' }, right('amount'), { title: 'grant' }],
  )
}

function reservationsWith(ask: Ask): Register<House> {
  return (command, door) => {
    command
      .option('--payer <payer>', payerText)
      .option('--state <state>', 'held, settled, released or expired')
      .option('--limit <count>', 'how many of the newest', '50')
      .action(async (options: { payer?: string; state?: string; limit: string }, own: Command) => {
        const asked = Object.entries(options).map(([name, value]) => `${name}=${part(value)}`)
        const items = await list(ask, own, door, `/api/v1/reservations?${asked.join('&')}`)
        if (items.length === 0) return door.say('There are none.')
        const zone = (await door.setting('BURSAR_ZONE')) ?? 'UTC'
        door.table(
          items.map((row) => [
            row['id'] ?? '',
            row['state'] ?? '',
            row['service'] ?? '',
            ...['held', 'charged'].map((name) => `${grouped(row[name] ?? '', 2)} ${row['currency']}`),
            localText(Date.parse(row['until'] ?? ''), zone),
            row['payer'] ?? '',
          ]),
          [
            { title: 'reservation' },
            { title: 'state' },
            { title: 'service' },
            right('held'),
            right('charged'),
            { title: 'until' },
            { title: 'payer' },
          ],
        )
        door.say('Next: bursar explain RESERVATION shows what became of one.')
      })
  }
}

function refundWith(ask: Ask): Register<House> {
  return (command, door) => {
    moneyOptions(command)
      .argument('<what>', 'a charge (chg_…, set_…), a reservation (res_…), a record (rec_…), or a job')
      .requiredOption('--amount <amount>', 'such as 100 or 4.37')
      .requiredOption('--reason <text>', 'why; it stands in the audit record')
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
