import { DatabaseError } from 'pg'
import { Refusal } from '../values/refusal.ts'

const code = (error: unknown): string => (error as { code?: string } | undefined)?.code ?? ''

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
])

/** Said by PostgreSQL itself. */
export const isOfDatabase = (error: unknown): boolean => error instanceof DatabaseError

/** The connection is gone: nothing is known of what was under way on it. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof DatabaseError) return /^(08|57P0)/.test(error.code ?? '')
  // A socket of others, or a network that this user may not use.
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'connect') return true
  if (networkCodes.has(code(error))) return true
  return (
    error instanceof Error &&
    /connection terminated|connection error|not queryable|timeout expired|timeout exceeded/i.test(error.message)
  )
}

/** Two transactions stood in each other's way; the same again may well succeed. */
export const isCollision = (error: unknown): boolean =>
  code(error) === '40001' ||
  code(error) === '40P01' ||
  isBreachOf(error, 'usage_is_recorded_once') ||
  isBreachOf(error, 'reference_is_used_once')

/** A lock was not free in the time that was given for it. */
export const isLockBusy = (error: unknown): boolean => code(error) === '55P03'

/** Whether a statement broke the constraint of this name. */
export const isBreachOf = (error: unknown, constraint: string): boolean =>
  error instanceof DatabaseError && error.constraint === constraint

/** A value that is none of its type, or that a constraint keeps out. */
export const isOfValues = (error: unknown): boolean => error instanceof DatabaseError && /^2[23]/.test(error.code ?? '')

/** What a person can do something about becomes a Refusal; everything else stays what it is. */
export function asRefusal(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error)
  switch (code(error)) {
    case '28P01':
    case '28000':
      return new Refusal(`the database refuses the user: ${message}`, 'Check user and password in DATABASE_URL.')
    case '3D000':
      return new Refusal(`the database does not exist: ${message}`, 'Create it, or correct DATABASE_URL.')
    case '42501':
      return new Refusal(
        `the database user lacks a right: ${message}`,
        'The user needs CREATE on the database: alter database … owner to …, or grant create on database … to ….',
      )
    case '53100':
      return new Refusal(
        `the disk of the database is full: ${message}`,
        'Nothing of the last operation was kept. Make room, then repeat it.',
      )
    case '53300':
      return new Refusal(
        `the database takes no more connections: ${message}`,
        'Raise max_connections, or close others.',
      )
    default:
  }
  if (isConnectionLost(error)) {
    return new Refusal(
      `cannot reach the database: ${message || code(error)}`,
      'Check that PostgreSQL runs and that DATABASE_URL names it; without DATABASE_URL Bursar runs its own.',
    )
  }
  return error
}
