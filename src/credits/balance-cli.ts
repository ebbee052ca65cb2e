import type { Command } from 'commander'
import type { House } from '../operations/house.ts'
import type { Door, Register } from '../terminal/door.ts'
import { grouped } from '../terminal/number.ts'
import { withQuery } from '../terminal/there.ts'
import { localText } from '../values/period.ts'
import { type Ask, list, part, payerText, right, type Row } from './asked-cli.ts'

export function balanceWith(ask: Ask): Register<House> {
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

export function reservationsWith(ask: Ask): Register<House> {
  return (command, door) => {
    command
      .option('--payer <payer>', payerText)
      .option('--state <state>', 'held, settled, released or expired')
      .option('--limit <count>', 'how many of the newest', '50')
      .action(async (options: { payer?: string; state?: string; limit: string }, own: Command) => {
        // Every command has options besides, which the door does not know.
        const { payer, state, limit } = options
        const items = await list(ask, own, door, withQuery('/api/v1/reservations', { payer, state, limit }))
        if (items.length === 0) {
          const isAll = payer === undefined && state === undefined
          if (!isAll) return door.say('No such reservation: leave out --payer and --state to see all there are.')
          return door.say('No reservation yet: whoever holds credits makes one at POST /api/v1/reservations.')
        }
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
