import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { Unpacker } from '../metering/unpacker.ts'
import { Refusal } from '../values/refusal.ts'
import type { Page, Settings } from './page.ts'
import type { Heard, Told } from './reader-stream.ts'

const youngHalfMiB = 8

type Ended = { readonly kind: 'failure'; readonly error: Error }

/** Reads dumps in a thread of its own, one after the other. */
export class ReadingThread {
  readonly #worker: Worker
  readonly #unpacker = new Unpacker()
  readonly #heard: (Heard | Ended)[] = []
  #wake = () => {}
  #unpipe = () => {}

  constructor() {
    // It need not grow there: that costs many small collections, and the program may have told it not to grow at all.
    setFlagsFromString(`--min-semi-space-size=${youngHalfMiB}`)
    this.#worker = new Worker(new URL('./reader-stream.ts', import.meta.url), {
      stdin: true,
      // Three halves of a young heap: what is read is soon packed, and little outlives one of them.
      resourceLimits: { maxYoungGenerationSizeMb: 3 * youngHalfMiB },
    })
    this.#worker.on('message', (heard: Heard) => this.#hear(heard))
    this.#worker.on('error', (error) => this.#hear({ kind: 'failure', error }))
    this.#worker.on('exit', () => {
      this.#hear({ kind: 'failure', error: new Error('the thread that reads the dump ended before it was read') })
    })
  }

  /** The pages of one dump; `-` is standard input. */
  async *read(settings: Settings): AsyncGenerator<Page> {
    this.#tell({ settings })
    if (settings.origin === '-') this.#pipe()
    for (;;) {
      this.#tell('more')
      const heard = await this.#next()
      if (heard.kind === 'end') return
      if (heard.kind === 'refusal') throw new Refusal(heard.message, heard.remedy)
      if (heard.kind === 'failure') throw heard.error
      const { rest, packed } = heard
      const used = packed.packs.map(({ text }) => text.buffer)
      yield { ...rest, facts: this.#unpacker.unpack(packed), release: () => this.#tell({ used }, used) }
    }
  }

  async end(): Promise<void> {
    this.#unpipe()
    await this.#worker.terminate()
  }

  #pipe(): void {
    const { stdin } = this.#worker
    if (!stdin) return
    process.stdin.pipe(stdin)
    this.#unpipe = () => process.stdin.unpipe(stdin).pause()
  }

  #tell(told: Told, moved: ArrayBuffer[] = []): void {
    this.#worker.postMessage(told, moved)
  }

  #hear(heard: Heard | Ended): void {
    this.#heard.push(heard)
    this.#wake()
  }

  async #next(): Promise<Heard | Ended> {
    while (this.#heard.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#heard.shift() as Heard | Ended
  }
}
