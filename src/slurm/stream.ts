import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Refusal } from '../values/refusal.ts'
import { LineBlocks } from './lines.ts'
import { type Page, type Settings, Tray } from './page.ts'
import { TextReader } from './text.ts'

export type { Page, Settings } from './page.ts'

/** Reads Slurm's accounting in any of its formats, page by page; memory does not grow with the input. */
export async function* readJobs(input: AsyncIterable<Buffer>, settings: Settings): AsyncGenerator<Page> {
  const tray = new Tray(settings)
  const plain = await unpacked(counted(input, tray))
  yield* readText(plain, tray)
}

/** Counts what was taken from the input itself, packed or not, so that progress can be told from the file's size. */
async function* counted(input: AsyncIterable<Buffer>, tray: Tray): AsyncGenerator<Buffer> {
  for await (const chunk of input) {
    tray.bytes += chunk.length
    yield chunk
  }
}

/** The first bytes, enough to tell what they are, and the whole stream again. */
async function peeked(input: AsyncGenerator<Buffer>): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const chunks: Buffer[] = []
  let length = 0
  while (length < 4096) {
    const { value, done } = await input.next()
    if (done) break
    chunks.push(value)
    length += value.length
  }
  const head = Buffer.concat(chunks)
  async function* all() {
    if (head.length > 0) yield head
    yield* input
  }
  return { head, all: all() }
}

/** gzip is told by its first two bytes; several members in a row are one file. */
async function unpacked(input: AsyncGenerator<Buffer>): Promise<AsyncGenerator<Buffer>> {
  const { head, all } = await peeked(input)
  return head[0] === 0x1f && head[1] === 0x8b ? gunzipped(all) : all
}

async function* gunzipped(input: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(input, { objectMode: true })
  const gunzip = createGunzip({ chunkSize: 256 << 10 })
  source.on('error', (error) => gunzip.destroy(error))
  let length = 0
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      length += chunk.length
      yield chunk
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'Z_BUF_ERROR')
      throw new Refusal(
        `the gzip file ends in the middle: ${length} bytes could be unpacked and were read`,
        'copy it again and repeat; what was read is not read twice',
      )
    if (typeof code === 'string' && code.startsWith('Z_'))
      throw new Refusal(`the gzip file is damaged after ${length} unpacked bytes`, 'copy it again and repeat')
    throw error
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

async function* readText(input: AsyncGenerator<Buffer>, tray: Tray): AsyncGenerator<Page> {
  const reader = new TextReader(tray)
  const blocks = new LineBlocks()
  for await (const chunk of input) {
    const block = blocks.push(chunk)
    if (!block) continue
    for (const _ of reader.read(textOf(block, tray, reader.lines))) yield tray.take()
    blocks.lines = reader.lines
  }
  for (const _ of reader.read(textOf(blocks.end(), tray, reader.lines))) yield tray.take()
  reader.finish()
  yield tray.take()
}

/** The lines as text. Old names may be in another encoding: what is no UTF-8 is replaced, and noted. */
function textOf(block: Buffer, tray: Tray, lines: number): string {
  const text = block.toString('utf8')
  if (text.includes('\uFFFD')) {
    const line = lines + text.slice(0, text.indexOf('\uFFFD')).split('\n').length
    tray.note(`line ${line}: bytes that are no UTF-8 were replaced`)
  }
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text
}
