import { Refusal } from '../values/refusal.ts'
import { printable } from './width.ts'
import { exitCodes, jsonText, type Screens, WrongUsage } from './door.ts'

export type FailureSettings = {
  readonly json: boolean
  /** False when the one document of `--json` is already out. */
  readonly mayAnswer: boolean
  /** BURSAR_DEBUG=1: the whole stack. */
  readonly debug: boolean
}

/**
 * Tells a person what went wrong and what to do, on stderr; a program that asked with `--json` finds the same
 * on stdout as `{"error":{"message","remedy"}}`. Answers the exit code.
 */
export function fail(error: unknown, screens: Screens, settings: FailureSettings): number {
  const { message, remedy } = explained(error)
  for (const line of [`bursar: ${message}`, ...(remedy ? [remedy] : [])].join('\n').split('\n')) {
    screens.err.write(`${printable(line)}\n`)
  }
  if (settings.debug) screens.err.write(`${stackOf(error)}\n`)
  if (settings.json && settings.mayAnswer) {
    screens.out.write(`${jsonText({ error: { message, remedy: remedy ?? null } })}\n`)
  }
  return error instanceof WrongUsage ? exitCodes.wrongUsage : exitCodes.refused
}

function explained(error: unknown): { message: string; remedy: string | undefined } {
  if (error instanceof Refusal) return { message: error.message, remedy: error.remedy }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return {
    message: `something unexpected happened. ${text.split('\n', 1)[0]}`,
    remedy: 'Nothing is half done. Set BURSAR_DEBUG=1 and run it again to see where it happened.',
  }
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`
  return `${error.stack}${cause}`
}
