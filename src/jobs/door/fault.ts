import { Problem } from '../../http/problem.ts'
import type { ProblemType } from '../../http/problems.ts'
import type { Issue } from '../lax/lax.ts'

/** What clients of the reference service tell refusals apart by; there are no others. */
export type FaultCode =
  | 'INVALID_REQUEST'
  | 'ENTITY_NOT_FOUND'
  | 'INSUFFICIENT_FUNDS'
  | 'JOB_ALREADY_STARTED'
  | 'JOB_ALREADY_CANCELLED'

const nearest: Partial<Record<FaultCode, ProblemType>> = {
  ENTITY_NOT_FOUND: 'not-found',
  INSUFFICIENT_FUNDS: 'insufficient-credits',
}

/** A refusal at these doors, in their envelope. It is a problem, so that a rule of the lane can refuse with it. */
export class Fault extends Problem {
  override readonly status: number
  readonly code: FaultCode
  readonly details: unknown

  constructor(status: number, code: FaultCode, message: string, details: unknown = null) {
    super(nearest[code] ?? 'request-invalid', { detail: message })
    this.message = message
    this.status = status
    this.code = code
    this.details = details
  }

  /** A rule of the business says no. */
  static refused(message: string): Fault {
    return new Fault(400, 'INVALID_REQUEST', message)
  }

  static notFound(message: string): Fault {
    return new Fault(404, 'ENTITY_NOT_FOUND', message)
  }

  /** The request is not as it must be. */
  static invalid(issues: readonly Issue[]): Fault {
    return new Fault(422, 'INVALID_REQUEST', 'Validation error', issues)
  }
}
