import type { Command } from 'commander'
import { Progress, type Screen } from './progress.ts'
import { type Column, table } from './table.ts'

/** 0: done. 1: refused or failed. 2: wrong usage. 128 + n: stopped by signal n. */
export const exitCodes = { done: 0, refused: 1, wrongUsage: 2, hungUp: 129, interrupted: 130, terminated: 143 } as const

export { WrongUsage } from '../values/refusal.ts'

/**
 * What a module's `cli.ts` is given. The house stands below this module in the order, so its type is a hole
 * that the caller fills: `Door<House>`.
 */
export type Door<House> = {
  /** True with `--json`: then `answer` prints one JSON document and `say` nothing. */
  readonly json: boolean
  /** The one who acts, for operations: `local`, whoever can reach the database from this machine. */
  readonly principal: string
  /** Aborted by Ctrl-C; a long command looks at it between two pages. */
  readonly signal: AbortSignal
  /** Opens the house when first asked; the program closes it after the command. */
  house(): Promise<House>
  /** A setting in force by the name of its variable, checked: `setting('BURSAR_UNKNOWN_PARTIES')`. */
  setting(name: string): Promise<string | undefined>
  /** For people: prints a line on stdout. */
  say(text: string): void
  /** For people: rows under titles, cut to the width of the terminal. */
  table(rows: readonly (readonly string[])[], columns: readonly Column[]): void
  /** For programs: the one document of `--json`. Without `--json` it prints nothing. */
  answer(document: unknown): void
  /** A remark beside the answer, on stderr, with and without `--json`. */
  remark(text: string): void
  progress(): Progress
  /** The command was carried out and its answer is no (a check that fails): exit code 1. */
  failed(): void
}

/** How a module adds its commands: it is given the command of its noun and describes it further. */
export type Register<House> = (command: Command, door: Door<House>) => void

export type Screens = { readonly out: Screen; readonly err: Screen }

type Plumbing<House> = {
  readonly json: boolean
  readonly principal: string
  readonly signal: AbortSignal
  readonly screens: Screens
  readonly open: () => Promise<House>
  readonly setting: (name: string) => Promise<string | undefined>
  readonly failed: () => void
}

export function createDoor<House>(plumbing: Plumbing<House>): Door<House> & { readonly answered: boolean } {
  const { json, principal, signal, screens, failed } = plumbing
  let house: Promise<House> | undefined
  let answered = false
  const say = (text: string) => {
    if (!json) screens.out.write(`${text}\n`)
  }
  return {
    json,
    principal,
    signal,
    get answered() {
      return answered
    },
    house: () => {
      house ??= plumbing.open()
      return house
    },
    setting: plumbing.setting,
    say,
    table: (rows, columns) => say(table(rows, columns, screens.out.isTTY ? screens.out.columns : undefined)),
    answer: (document) => {
      if (!json || answered) return
      answered = true
      screens.out.write(`${jsonText(document)}\n`)
    },
    remark: (text) => {
      screens.err.write(`${text}\n`)
    },
    progress: () => new Progress(screens.err),
    failed,
  }
}

/** Whole numbers beyond 2^53 go out as text, never as a float. */
export const jsonText = (document: unknown): string =>
  JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
