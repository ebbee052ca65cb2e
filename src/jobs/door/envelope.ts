import { type TSchema, Type } from 'typebox'
import type { Problem } from '../../http/problem.ts'
import type { ProblemType } from '../../http/problems.ts'
import { closed, oneOf } from '../../http/schemas.ts'
import { Fault, type FaultCode } from './fault.ts'

/** What a handler answers when it says more than data under the message of its door. */
export class Told {
  /** 0: none was made. */
  readonly operation: bigint
  readonly #message: string | undefined
  readonly #json: string

  constructor(json: string, message: string | undefined, operation = 0n) {
    this.operation = operation
    this.#message = message
    this.#json = json
  }

  /** The envelope; the message of the door stands where it has none of its own. */
  textUnder(message: string): string {
    return `${openingOf(this.#message ?? message)}${this.#json}}`
  }
}

/** The envelope as far as the data. */
export const openingOf = (message: string): string => `{"message":${JSON.stringify(message)},"data":`

type Kept = { readonly operation: bigint; readonly answer: string }

/** Data under a message of its own. */
export const told = (message: string, data: unknown): Told => new Told(JSON.stringify(data ?? null), message)

/** The stored answer of an operation is the data, byte for byte. */
export const stored = ({ operation, answer }: Kept, message?: string): Told => new Told(answer, message, operation)

export const faultText = ({ code, message, details }: Fault): string =>
  JSON.stringify({ error_code: code, message, details })

const codes: Partial<Record<ProblemType, FaultCode>> = {
  'insufficient-credits': 'INSUFFICIENT_FUNDS',
  'not-found': 'ENTITY_NOT_FOUND',
}

/** A refusal of the house as clients of these doors read it. */
export function asFault({ type, status, title, detail: { detail, ...details } }: Problem): Fault {
  const message = typeof detail === 'string' ? `${title} ${detail}` : title
  return new Fault(status, codes[type] ?? 'INVALID_REQUEST', message, { type: `/problems/${type}`, ...details })
}

export const Envelope = (data: TSchema): TSchema => closed({ message: Type.String(), data })

const FaultBody = closed(
  {
    error_code: oneOf([
      'INVALID_REQUEST',
      'ENTITY_NOT_FOUND',
      'INSUFFICIENT_FUNDS',
      'JOB_ALREADY_STARTED',
      'JOB_ALREADY_CANCELLED',
    ] as const),
    message: Type.String(),
    details: Type.Unknown({ description: 'what is wrong with which field, or null' }),
  },
  'JobFault',
)

const meanings: Readonly<Record<number, string>> = {
  400: 'A rule says no.',
  401: 'The request does not say who asks.',
  402: 'There are not enough funds.',
  403: 'This principal may not do that.',
  404: 'There is no such thing, or it belongs to others.',
  409: 'The idempotency key was used with another input.',
  422: 'The request is not as it must be.',
  503: 'It cannot be answered now; nothing was changed.',
}

/** For the API document: the same shape for each of these statuses. */
export const faultAnswers = (statuses: readonly number[]) =>
  Object.fromEntries(
    [...new Set(statuses)]
      .sort((a, b) => a - b)
      .map((status) => [
        status,
        { description: meanings[status] ?? '', content: { 'application/json': { schema: FaultBody } } },
      ]),
  )
