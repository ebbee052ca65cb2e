/** A question costs the server more than a few turns of the event loop cost whoever waits. */
const turnsWaited = 3

/**
 * One question at a time for many things: whoever asks while an answer is on its way waits for the next question, and
 * shares it. So nobody is told what was read before they asked.
 */
export class Sharing<Key, Value> {
  readonly #ask: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>
  #waiting: Map<Key, Waiting<Value>> | undefined
  #isRunning = false

  constructor(ask: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>) {
    this.#ask = ask
  }

  of(key: Key): Promise<Value | undefined> {
    this.#waiting ??= new Map()
    let waiting = this.#waiting.get(key)
    if (!waiting) this.#waiting.set(key, (waiting = newWaiting()))
    if (!this.#isRunning) {
      this.#isRunning = true
      void this.#run()
    }
    return waiting.answer
  }

  async #run(): Promise<void> {
    while (this.#waiting) {
      // Callers who were answered together ask again together, but not in one turn of the event loop.
      for (let turn = 0; turn < turnsWaited; turn++) await new Promise(setImmediate)
      const asked = this.#waiting
      this.#waiting = undefined
      try {
        const found = await this.#ask([...asked.keys()])
        for (const [key, { resolve }] of asked) resolve(found.get(key))
      } catch (error) {
        for (const { reject } of asked.values()) reject(error)
      }
    }
    this.#isRunning = false
  }
}

type Waiting<Value> = {
  readonly answer: Promise<Value | undefined>
  readonly resolve: (value: Value | undefined) => void
  readonly reject: (error: unknown) => void
}

function newWaiting<Value>(): Waiting<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>()
  return { answer: promise, resolve, reject }
}
