import type { OverrunPolicy } from '../credits/reservation.ts'
import { WrongUsage } from '../values/refusal.ts'

/** How jobs are treated; by the names of the reference service where they mean the same. */
export type JobRules = {
  /** What becomes of usage beyond what a project has left. */
  readonly overrun: OverrunPolicy
  /** How long a job may stay reserved before it starts, and a running one without a word. */
  readonly openSeconds: number
  readonly silentSeconds: number
  /** Storage that goes on is charged so often, and never less at a time. */
  readonly storageSeconds: number
  /** How old and how early told usage may be. */
  readonly pastSeconds: number
  readonly futureSeconds: number
  /** Of the reservation, or of the moment of each charge. */
  readonly discountOf: 'reservation' | 'charge'
  /** A project that has nothing left starts no jobs that cost nothing either. */
  readonly stopsAdmitting: boolean
}

export const ruleVariables = [
  {
    name: 'JOBS_RUN_OUT',
    about: "a running job's project runs out: warn (charge on), stop (and admit no jobs), floor (to its credit limit)",
    standard: 'warn',
  },
  { name: 'JOBS_RESERVATION_OPEN_SECONDS', about: 'how long a job may stay reserved unstarted', standard: '604800' },
  {
    name: 'JOBS_DISCOUNT_OF',
    about: 'which discount counts: of the reservation, or of the charge',
    standard: 'reservation',
  },
  {
    name: 'CHARGE_LONGRUN_EXPIRATION_INTERVAL',
    about: 'seconds without a sign of life after which a running job is given up',
    standard: '3600',
  },
  {
    name: 'CHARGE_STORAGE_MIN_CHARGING_INTERVAL',
    about: 'seconds between two charges of storage that goes on',
    standard: '3600',
  },
  { name: 'MAX_PAST_EVENT_TIMEDELTA', about: 'how many seconds late usage of jobs may be told', standard: '3024000' },
  { name: 'MAX_FUTURE_EVENT_TIMEDELTA', about: 'how many seconds ahead of the clock it may be', standard: '300' },
] as const

type Name = (typeof ruleVariables)[number]['name']

/** @throws WrongUsage that names the variable. */
export function jobRules(text: (name: Name) => string | undefined): JobRules {
  const runOut = among('JOBS_RUN_OUT', text('JOBS_RUN_OUT'), ['warn', 'stop', 'floor'] as const)
  return {
    overrun: runOut === 'floor' ? 'charge-to-zero' : 'charge',
    stopsAdmitting: runOut === 'stop',
    openSeconds: seconds('JOBS_RESERVATION_OPEN_SECONDS', text('JOBS_RESERVATION_OPEN_SECONDS'), 60),
    silentSeconds: seconds('CHARGE_LONGRUN_EXPIRATION_INTERVAL', text('CHARGE_LONGRUN_EXPIRATION_INTERVAL'), 1),
    storageSeconds: seconds('CHARGE_STORAGE_MIN_CHARGING_INTERVAL', text('CHARGE_STORAGE_MIN_CHARGING_INTERVAL'), 1),
    pastSeconds: seconds('MAX_PAST_EVENT_TIMEDELTA', text('MAX_PAST_EVENT_TIMEDELTA'), 1),
    futureSeconds: seconds('MAX_FUTURE_EVENT_TIMEDELTA', text('MAX_FUTURE_EVENT_TIMEDELTA'), 0),
    discountOf: among('JOBS_DISCOUNT_OF', text('JOBS_DISCOUNT_OF'), ['reservation', 'charge'] as const),
  }
}

const secondsMax = 10 * 366 * 86_400

function seconds(name: Name, given: string | undefined, least: number): number {
  const value = /^\d{1,10}$/.test(given ?? '') ? Number(given) : Number.NaN
  if (value >= least && value <= secondsMax) return value
  throw new WrongUsage(`${name} is “${given}”.`, `Set whole seconds, ${least} to ${secondsMax}.`)
}

function among<const Word extends string>(name: Name, given: string | undefined, words: readonly Word[]): Word {
  const found = words.find((word) => word === given)
  if (found) return found
  throw new WrongUsage(`${name} is “${given}”.`, `Set one of ${words.join(', ')}.`)
}

/** As when nothing is set. */
export const usualRules: JobRules = jobRules((name) => ruleVariables.find((each) => each.name === name)?.standard)
