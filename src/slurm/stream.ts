import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Fact } from '../metering/fact.ts'
import type { ToldFact } from '../metering/texts.ts'
import { Refusal } from '../values/refusal.ts'
import { JsonReader } from './json.ts'
import { LineBlocks } from './lines.ts'
import { type Facts, type Format, type Page, type PageRest, type Settings, Tray } from './page.ts'
import { JobSlicer } from './slice.ts'
import { TextReader } from './text.ts'

export type { Page, Settings } from './page.ts'

/** Reads Slurm's accounting in any of its formats, page by page; memory does not grow with the input. */
export async function* readJobs(input: AsyncIterable<Buffer>, settings: Settings): AsyncGenerator<Page> {
  let facts: Fact[] = []
  const place = {
    get length() {
      return facts.length
    },
    push: ({ quantities, dimensions, ...fact }: ToldFact) => {
      const parsed = { quantities: JSON.parse(quantities) as Texts, dimensions: JSON.parse(dimensions) as Texts }
      facts.push({ ...fact, ...parsed })
    },
  }
  for await (const page of readInto(place, input, settings)) {
    yield { ...page, facts }
    facts = []
  }
}

type Texts = Fact['quantities']

/** The same, with the facts of each page put where they are wanted. */
export async function* readInto(
  facts: Facts,
  input: AsyncIterable<Buffer>,
  settings: Settings,
): AsyncGenerator<PageRest> {
  const tray = new Tray(settings, facts)
  try {
    const { head, all } = await peeked(await unpacked(counted(input, tray)))
    yield* kindOf(head, settings.format) === 'json' ? readJson(all, tray) : readText(all, tray)
  } catch (error) {
    // What was read before the input turned out to be cut off or damaged is as good as ever.
    const refusal = refusalOf(error, settings.origin)
    if (refusal && tray.jobs > 0) yield tray.take()
    throw refusal ?? error
  }
}

/** Says of which of many inputs it speaks. What the system says while it reads is a refusal too, no bug. */
function refusalOf(error: unknown, origin: string): Refusal | undefined {
  const input = origin === '-' ? 'standard input' : origin
  if (error instanceof Refusal) return new Refusal(`${input}: ${error.message}`, error.remedy)
  const { syscall, code } = error as NodeJS.ErrnoException
  if (!syscall || !['open', 'read'].includes(syscall)) return undefined
  return new Refusal(`${input} cannot be read (${code})`, 'see that it is a file which this user may read')
}

/** What the first bytes are; the kinds that cannot be read say so here. */
function kindOf(head: Buffer, format: Format): 'text' | 'json' {
  if (head.length === 0) throw new Refusal('the input is empty', 'a dump has at least its header line')
  const [first, second] = head
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new Refusal('the input is UTF-16', 'write it as UTF-8: iconv -f UTF-16 -t UTF-8')
  if (head.subarray(0, 1024).includes(0))
    throw new Refusal('the input is binary, neither text nor JSON', 'unpack it first, or check the file')
  if (/^HTTP\/\d/.test(head.toString('latin1', 0, 8)))
    throw new Refusal(
      'the input begins with the headers of an HTTP answer',
      'save its body alone: call curl without --include (-i)',
    )
  if (format === 'json') return 'json'
  return format === 'auto' && /^(?:\uFEFF)?\s*[{[]/.test(head.toString('utf8', 0, 512)) ? 'json' : 'text'
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

async function* readText(input: AsyncGenerator<Buffer>, tray: Tray): AsyncGenerator<PageRest> {
  const reader = new TextReader(tray)
  const blocks = new LineBlocks()
  for await (const chunk of input) {
    for (const block of blocks.push(chunk)) {
      if ('head' in block) reader.skip(block.head.toString('utf8'), block.length)
      else for (const _ of reader.read(textOf(block, tray, reader.lines))) yield tray.take()
    }
  }
  const rest = blocks.end()
  if ('head' in rest) reader.skip(rest.head.toString('utf8'), rest.length)
  else reader.cutOff(textOf(rest, tray, reader.lines))
  reader.finish()
  yield tray.take()
}

async function* readJson(input: AsyncGenerator<Buffer>, tray: Tray): AsyncGenerator<PageRest> {
  const slicer = new JobSlicer()
  const reader = new JsonReader(tray)
  for await (const chunk of input) {
    const before = slicer.line
    const slices = slicer.push(chunk)
    tray.lines += slicer.line - before
    for (const slice of slices) {
      reader.read(slice)
      if (tray.isFull) yield tray.take()
    }
  }
  slicer.finish()
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
