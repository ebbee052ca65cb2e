import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { slurmDump } from '../../bench/slurm-dump.ts'
import { fixture, readSlurm } from '../../test/slurm.ts'
import { type Fact, plainFact } from '../metering/fact.ts'
import { Refusal } from '../values/refusal.ts'
import { ReadingThread } from './thread-stream.ts'

const directory = mkdtempSync(join(tmpdir(), 'bursar-thread-'))
after(() => rmSync(directory, { recursive: true }))

let files = 0
function fileOf(content: Buffer): string {
  const path = join(directory, `${(files += 1)}`)
  writeFileSync(path, content)
  return path
}

const settings = { format: 'auto', zone: 'UTC', measuredAt: Date.UTC(2027, 0, 1), pageSize: 700 } as const

async function withThread<Result>(work: (thread: ReadingThread) => Promise<Result>): Promise<Result> {
  const thread = new ReadingThread()
  try {
    return await work(thread)
  } finally {
    await thread.end()
  }
}

async function factsOf(thread: ReadingThread, origin: string): Promise<Fact[]> {
  const facts: Fact[] = []
  for await (const page of thread.read({ ...settings, origin })) facts.push(...page.facts.map(plainFact))
  return facts
}

test('one thread reads dump after dump, and tells of each what it tells without a thread', async () => {
  const text = Buffer.concat([...slurmDump({ jobs: 3000 })])
  const inputs = [text, gzipSync(text), fixture('real/sacct/all.json'), fixture('real/sacct/all-fields-duplicates.psv')]
  await withThread(async (thread) => {
    for (const input of inputs) {
      assert.deepEqual(await factsOf(thread, fileOf(input)), (await readSlurm(input)).facts)
    }
  })
})

test('what cannot be read is refused in the same words, and the thread reads on', async () => {
  await withThread(async (thread) => {
    await assert.rejects(factsOf(thread, fileOf(Buffer.from(''))), (error) => {
      return error instanceof Refusal && /is empty/.test(error.message) && error.remedy !== undefined
    })
    await assert.rejects(factsOf(thread, join(directory, 'missing')), /missing cannot be read \(ENOENT\)/)
    assert.equal((await factsOf(thread, fileOf(fixture('real/sacct/all.json')))).length > 0, true)
  })
})

test('a thread that fails or ends fails whoever reads', async () => {
  const dump = fileOf(Buffer.concat([...slurmDump({ jobs: 5000 })]))
  await withThread(async (thread) => {
    const reading = thread.read({ ...settings, origin: dump })
    await reading.next()
    await thread.end()
    await assert.rejects(async () => {
      for await (const _ of reading) continue
    }, /the thread that reads the dump ended before/)
  })
  await withThread(async (thread) => {
    const wrong = { ...settings, zone: 'Nowhere', origin: dump }
    await assert.rejects(async () => await thread.read(wrong).next(), /Nowhere/)
  })
})
