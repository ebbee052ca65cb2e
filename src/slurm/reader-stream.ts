import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { Packed } from '../metering/pack.ts'
import { Packer } from '../metering/packer.ts'
import { newSalts } from '../metering/salt-stream.ts'
import { Refusal } from '../values/refusal.ts'
import type { PageRest, Settings } from './page.ts'
import { readInto } from './stream.ts'

/**
 * The thread that reads dumps: what it reads is packed while the one before is written. It is told which file to read,
 * then each time that a page is wanted.
 */
export type Told = { readonly settings: Settings } | { readonly used: readonly ArrayBuffer[] } | 'more'

/** What it answers: page after page, and how the file ended. */
export type Heard =
  | { readonly kind: 'page'; readonly packed: Packed; readonly rest: PageRest }
  | { readonly kind: 'end' }
  | { readonly kind: 'refusal'; readonly message: string; readonly remedy: string | undefined }

const chunkBytes = 1 << 18

/** Read at once where nothing can make it wait: to wait for the system's answer costs more than the reading. */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  if (file === '-') return yield* process.stdin as AsyncIterable<Buffer>
  const descriptor = openSync(file, 'r')
  if (!fstatSync(descriptor).isFile()) return yield* createReadStream(file, { fd: descriptor })
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(chunkBytes)
      const length = readSync(descriptor, chunk)
      if (length === 0) return
      yield chunk.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}

const packer = new Packer(newSalts())
let wanted = 0
let wake = () => {}

/** Pages are made ahead by one: the next is full when it is wanted. */
async function isWanted(): Promise<void> {
  while (wanted === 0) await new Promise<void>((resolve) => (wake = resolve))
  wanted -= 1
}

function say(heard: Heard): void {
  const moved =
    heard.kind === 'page'
      ? heard.packed.packs.flatMap(({ text, places, moments }) => [text.buffer, places.buffer, moments.buffer])
      : []
  parentPort?.postMessage(heard, moved)
}

async function read(settings: Settings): Promise<void> {
  // A page of the dump before may have been wanted when there was none left.
  wanted = 0
  try {
    for await (const rest of readInto(packer, chunksOf(settings.origin), settings)) {
      const packed = packer.take()
      await isWanted()
      say({ kind: 'page', packed, rest })
    }
    say({ kind: 'end' })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    say({ kind: 'refusal', message: error.message, remedy: error.remedy })
  }
}

parentPort?.on('message', (told: Told) => {
  if (told === 'more') {
    wanted += 1
    wake()
  } else if ('used' in told) packer.reuse(told.used)
  else void read(told.settings)
})
