/**
 * A "no" that a person should read: what is wrong, and what to do about it. Anything else that is
 * thrown is a bug or a broken machine, and is shown as such.
 */
export class Refusal extends Error {
  readonly remedy: string | undefined

  constructor(message: string, remedy?: string) {
    super(message)
    this.name = 'Refusal'
    this.remedy = remedy
  }
}

/** Thrown when arguments or settings make no sense: nothing was even tried. */
export class WrongUsage extends Refusal {}
