import { askingOf, asToldTo, currencyFor, sendMoney } from '../credits/money-commands.ts'
import { type ApiServer, door } from '../http/door.ts'
import { type Principal, principalOf, requireTouch } from '../http/principal.ts'
import { orNotFound, Problem } from '../http/problem.ts'
import { jobOf } from '../credits/reservation.ts'
import type { Directory } from '../parties/directory-commands.ts'
import { numberOf } from '../values/id.ts'
import { nanosFrom } from '../values/money.ts'
import type { Cost, Counter } from './counter-commands.ts'
import { knownPayingOf, payingOf } from './paying-commands.ts'
import * as contract from './reservation-contract.ts'

const tag = 'credits'
const money = { key: 'required', tag } as const

/** `POST /api/v1/reservations`, and what becomes of one: settle, grow, extend, release. */
export function addCounterRoutes(server: ApiServer, counter: Counter, directory: Directory): void {
  server.post(
    '/api/v1/reservations',
    door({
      ...money,
      operation: 'credits.hold',
      id: 'holdCredits',
      summary: 'Set credits aside before something runs, for an amount or for usage that is priced here',
      description: 'Nothing is held beyond what is there: 402 says what is available, and nothing was changed.',
      body: contract.ReservationBody,
      answers: { 201: contract.Held, 200: contract.Held },
      problems: ['not-found', 'insufficient-credits', 'budget-exhausted', 'idempotency-key-reused', 'no-price'],
    }),
    async (request, reply) => {
      const { body } = request
      const seconds = secondsOf(body)
      const cost = costOf(body.amount, 'amount', body.estimate, 'estimate')
      const principal = principalOf(request)
      const paying = knownPayingOf(directory, principal, body) ?? (await payingOf(directory, principal, body))
      const provider = directory.knownProvider(body.provider) ?? (await directory.provider(body.provider))
      const wanted = {
        payer: paying.payer,
        project: paying.project,
        person: paying.person,
        provider,
        service: body.service,
        subtype: body.subtype ?? '*',
        currency: currencyFor(counter.credits, body.currency),
        cost,
        overrun: body.overrun ?? 'charge',
        seconds,
      }
      try {
        return sendMoney(reply, await counter.hold(askingOf(request, body.dryRun), wanted))
      } catch (error) {
        throw asToldTo(principal, error)
      }
    },
  )
  addSettling(server, counter)
  addChanges(server, counter)
}

const ofOne = ['not-found', 'idempotency-key-reused', 'reservation-closed', 'reservation-of-job'] as const

function addSettling(server: ApiServer, counter: Counter): void {
  server.post(
    '/api/v1/reservations/:reservation/settle',
    door({
      ...money,
      operation: 'credits.settle',
      id: 'settleReservation',
      summary: 'Charge what was used; the last settling ends the reservation and gives the rest back',
      description:
        'It always succeeds: what goes beyond the hold follows the overrun policy. With `last: false` more may follow. ' +
        'After the reservation ran out it is settled late, once, from what is available then.',
      params: contract.reservationParams,
      body: contract.SettleBody,
      answers: { 200: contract.Settled },
      problems: [...ofOne, 'no-price'],
    }),
    async (request, reply) => {
      const { body } = request
      const cost = costOf(body.amount, 'amount', body.usage, 'usage')
      const reservation = await reservationFor(counter, principalOf(request), request.params.reservation)
      const answered = await counter.settle(askingOf(request, body.dryRun), reservation, cost, body.last ?? true)
      return sendMoney(reply, answered)
    },
  )
}

function addChanges(server: ApiServer, counter: Counter): void {
  const { reservationParams: params } = contract
  server.post(
    '/api/v1/reservations/:reservation/grow',
    door({
      ...money,
      operation: 'credits.grow',
      id: 'growReservation',
      summary: 'Set more credits aside for the same reservation, by the rule of a new one',
      params,
      body: contract.GrowBody,
      answers: { 200: contract.Kept },
      problems: [...ofOne, 'insufficient-credits', 'budget-exhausted'],
    }),
    async (request, reply) => {
      const { body } = request
      const principal = principalOf(request)
      const reservation = await reservationFor(counter, principal, request.params.reservation)
      try {
        return sendMoney(reply, await counter.grow(askingOf(request, body.dryRun), reservation, nanosFrom(body.amount)))
      } catch (error) {
        throw asToldTo(principal, error)
      }
    },
  )
  server.post(
    '/api/v1/reservations/:reservation/extend',
    door({
      ...money,
      operation: 'credits.extend',
      id: 'extendReservation',
      summary: 'Let a reservation last until so long from now; it never ends earlier by this',
      params,
      body: contract.ExtendBody,
      answers: { 200: contract.Kept },
      problems: ofOne,
    }),
    async (request, reply) => {
      const { body } = request
      const seconds = secondsOf(body)
      const reservation = await reservationFor(counter, principalOf(request), request.params.reservation)
      return sendMoney(reply, await counter.extend(askingOf(request, body.dryRun), reservation, seconds))
    },
  )
  server.post(
    '/api/v1/reservations/:reservation/release',
    door({
      ...money,
      operation: 'credits.release',
      id: 'releaseReservation',
      summary: 'End a reservation and give back what it holds; nothing is charged',
      params,
      query: contract.ReleaseQuery,
      answers: { 200: contract.Released },
      problems: ofOne,
    }),
    async (request, reply) => {
      const reservation = await reservationFor(counter, principalOf(request), request.params.reservation)
      return sendMoney(reply, await counter.release(askingOf(request, request.query.dryRun), reservation))
    },
  )
}

async function reservationFor(counter: Counter, principal: Principal, text: string): Promise<bigint> {
  const id = numberOf('reservation', text) as bigint
  const { credits } = counter
  const found = await credits.reservation(credits.house.database.pool, id)
  // What is not there is refused by the command, under its key.
  if (!found && principal.parties === 'all') return id
  const reservation = orNotFound(found)
  requireTouch(principal, [reservation.payer])
  const job = jobOf(reservation)
  if (job !== undefined) throw new Problem('reservation-of-job', { job })
  return id
}

function secondsOf({ minutes, seconds }: { readonly minutes?: number; readonly seconds?: number }): number {
  if ((minutes === undefined) === (seconds === undefined)) throw oneOfTwo('minutes', 'seconds', minutes !== undefined)
  return seconds ?? (minutes as number) * 60
}

function costOf(
  amount: string | undefined,
  amountField: string,
  quantities: Readonly<Record<string, string>> | undefined,
  quantitiesField: string,
): Cost {
  if ((amount === undefined) === (quantities === undefined)) {
    throw oneOfTwo(amountField, quantitiesField, amount !== undefined)
  }
  return amount === undefined ? { quantities: quantities ?? {} } : { nanos: nanosFrom(amount) }
}

function oneOfTwo(one: string, other: string, both: boolean): Problem {
  const message = both ? `stands beside ${one}: send one of the two` : `is missing: send it, or ${one}`
  return new Problem('request-invalid', { issues: [{ field: `body.${other}`, message }] })
}
