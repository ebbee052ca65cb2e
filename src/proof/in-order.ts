/** All values of the first, then of the second, and so on, while all of them go on at once. */
export async function* inOrder<Value>(sources: readonly AsyncGenerator<Value>[]): AsyncGenerator<Value> {
  const ahead = sources.map((source) => new Ahead(source))
  try {
    for (const each of ahead) yield* each.values()
  } finally {
    await Promise.all(ahead.map((each) => each.stop()))
  }
}

/** A generator that does not wait until somebody asks for its next value. */
class Ahead<Value> {
  readonly #source: AsyncGenerator<Value>
  readonly #results: Promise<IteratorResult<Value>>[] = []
  #stopped = false

  constructor(source: AsyncGenerator<Value>) {
    this.#source = source
    void this.#run()
  }

  async *values(): AsyncGenerator<Value> {
    // It grows while it is gone through.
    for (const result of this.#results) {
      const { done, value } = await result
      if (done === true) return
      yield value
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#results.at(-1)?.catch(() => {})
  }

  async #run(): Promise<void> {
    try {
      for (let done: boolean | undefined = false; done !== true && !this.#stopped; ) {
        const result = this.#source.next()
        this.#results.push(result)
        // Waits for it before anybody else, so that the next is there when they look for it.
        done = (await result).done
      }
    } catch {
      // Told to whoever takes this value.
    }
  }
}
