import { cutTo, printable } from './width.ts'

/** Where a program writes: a terminal or not. */
export type Screen = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown }

const firstAfter = 2_000
const everyOnTerminal = 150
const everyElsewhere = 10_000

/**
 * Tells on stderr how far a long command is. Nothing in its first two seconds; then, on a terminal, one line
 * that is written over; elsewhere (a log) a line every ten seconds. Cheap enough to be called for every page.
 */
export class Progress {
  readonly #screen: Screen
  readonly #clock: () => number
  readonly #startedAt: number
  #shownAt = -Infinity
  #lineIsOpen = false

  constructor(screen: Screen, clock: () => number = Date.now) {
    this.#screen = screen
    this.#clock = clock
    this.#startedAt = clock()
  }

  show(text: () => string): void {
    const now = this.#clock()
    if (now - this.#startedAt < firstAfter) return
    if (now - this.#shownAt < (this.#screen.isTTY ? everyOnTerminal : everyElsewhere)) return
    this.#shownAt = now
    const line = printable(text())
    if (!this.#screen.isTTY) {
      this.#screen.write(`${line}\n`)
      return
    }
    this.#screen.write(`\r\u001b[2K${cutTo(line, (this.#screen.columns ?? 80) - 1)}`)
    this.#lineIsOpen = true
  }

  /** Takes the line away, so that what is printed next stands at the start of a line. */
  end(): void {
    if (this.#lineIsOpen) this.#screen.write('\r\u001b[2K')
    this.#lineIsOpen = false
  }
}
