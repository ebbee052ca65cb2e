import { stat } from 'node:fs/promises'
import { chargePage } from '../charging/commands.ts'
import { type Memory, newMemory } from '../charging/memory-commands.ts'
import { emptyResult, type PageResult, type PageSettings, together } from '../charging/page.ts'
import { writeTrueUps } from '../charging/true-up-commands.ts'
import type { Fact } from '../metering/fact.ts'
import type { House } from '../operations/house.ts'
import { trying } from '../operations/trial.ts'
import { NameSet, numberOf } from '../values/name-set.ts'
import { Refusal } from '../values/refusal.ts'
import type { Format, Page } from './page.ts'
import { ReadingThread } from './thread-stream.ts'

export type IngestSettings = PageSettings & {
  readonly format: Format
  readonly cluster: string | undefined
  readonly zone: string
  readonly dryRun: boolean
  readonly signal: AbortSignal
  /** Told after each page, for progress. */
  readonly onPage: (soFar: IngestResult, bytes: { readonly done: number; readonly all: number | undefined }) => void
}

export type IngestResult = PageResult & {
  /** Rows that became a fact or went to quarantine; jobs that wait for their start are neither. */
  readonly read: number
  readonly pending: number
  readonly strayed: number
  readonly trueUps: number
  readonly notes: readonly string[]
  readonly interrupted: boolean
}

/** The name of this door in quarantine. */
const slurmDoor = 'slurm'

const nothingYet = { ...emptyResult, read: 0, pending: 0, strayed: 0, trueUps: 0, notes: [], interrupted: false }

/** Two pages at a time: while PostgreSQL writes one, the next is read and rated. */
const pagesAtOnce = 2
/** Larger ones make fewer transfers, and take more memory. */
const pageSize = 20000

/** Reads dumps, records, rates and charges what they tell; `-` is standard input. May be stopped and repeated at will. */
export async function ingest(
  house: House,
  files: readonly string[],
  settings: IngestSettings,
  memory: Memory,
): Promise<IngestResult> {
  if (settings.dryRun) {
    return await trying(house, (tried) => ingest(tried, files, { ...settings, dryRun: false }, newMemory(house.zone)))
  }
  let result: IngestResult = nothingYet
  const all = await sizeOf(files)
  let done = 0
  const take = (page: Page, part: PageResult) => {
    done += page.bytes
    const { read, pending, strayed, notes } = result
    result = {
      ...result,
      ...together(result, part),
      read: read + page.facts.length + page.bad.length,
      pending: pending + page.pending,
      strayed: strayed + page.strayed,
      notes: notes.length < 20 ? [...notes, ...page.notes] : notes,
    }
    settings.onPage(result, { done, all })
  }
  const thread = new ReadingThread()
  try {
    for (const file of files) {
      if (!settings.signal.aborted) await ingestFile(house, thread, file, settings, memory, take)
    }
  } finally {
    await thread.end()
  }
  const interrupted = settings.signal.aborted
  const { lines, amounts } = await writeTrueUps(house, settings.principal, memory)
  return { ...result, ...together(result, { ...emptyResult, amounts }), trueUps: lines, interrupted }
}

async function ingestFile(
  house: House,
  thread: ReadingThread,
  file: string,
  settings: IngestSettings,
  memory: Memory,
  take: (page: Page, part: PageResult) => void,
): Promise<void> {
  const { format, cluster, zone, signal } = settings
  const reading = { format, cluster, zone, origin: file, measuredAt: await measuredAtOf(file), pageSize }
  const pages = new Pages(async (facts, page) => {
    const bad = page.bad.map((row) => ({ ...row, door: slurmDoor }))
    const result = await chargePage(house, { facts, bad }, settings, memory)
    page.release?.()
    take(page, result)
  })
  try {
    for await (const page of thread.read(reading)) {
      await pages.add(page)
      if (signal.aborted) break
    }
  } finally {
    // What was read is written, also when the rest cannot be read.
    await pages.end()
  }
}

/** Pages on their way to the database. */
class Pages {
  readonly #write: (facts: readonly Fact[], page: Page) => Promise<void>
  readonly #underWay = new Map<Promise<void>, NameSet>()
  #later: readonly Fact[] = []
  #failure: unknown

  constructor(write: (facts: readonly Fact[], page: Page) => Promise<void>) {
    this.#write = write
  }

  /**
   * What a page under way may be writing waits for the next one, or both would wait. Done when there is room for another:
   * one that was asked for sooner would only take memory.
   */
  async add(page: Page): Promise<void> {
    const busy = [...this.#underWay.values()]
    const now: Fact[] = []
    const later: Fact[] = []
    for (const facts of [this.#later, page.facts]) {
      for (const fact of facts) {
        const number = numberOf(fact.externalId)
        if (busy.some((numbers) => numbers.has(number))) later.push(fact.kept ?? fact)
        else now.push(fact)
      }
    }
    this.#later = later
    this.#send(now, page)
    while (this.#underWay.size >= pagesAtOnce) await Promise.race(this.#underWay.keys())
    if (this.#failure !== undefined) throw this.#failure
  }

  async end(): Promise<void> {
    await Promise.all(this.#underWay.keys())
    if (this.#failure === undefined && this.#later.length > 0) this.#send(this.#later, emptyPage)
    await Promise.all(this.#underWay.keys())
    if (this.#failure !== undefined) throw this.#failure
  }

  #send(facts: readonly Fact[], page: Page): void {
    const done: Promise<void> = this.#write(facts, page)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => this.#underWay.delete(done))
    const numbers = new NameSet(facts.length)
    for (const { externalId } of facts) numbers.add(numberOf(externalId))
    this.#underWay.set(done, numbers)
  }
}

const emptyPage: Page = { facts: [], bad: [], lines: 0, bytes: 0, jobs: 0, pending: 0, strayed: 0, notes: [] }

/** When a dump was measured decides which of two versions stands; a file says it by its time of change. */
async function measuredAtOf(file: string): Promise<number> {
  return file === '-' ? Date.now() : Math.floor((await stat(file)).mtimeMs)
}

/** The bytes of all files together, when that can be known; refuses what is no file before anything is read. */
async function sizeOf(files: readonly string[]): Promise<number | undefined> {
  let size = 0
  for (const file of files.filter((each) => each !== '-')) {
    const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new Refusal(`There is no file ${file}.`, 'Check the name; nothing was read.')
      throw new Refusal(`${file} cannot be opened: ${error.message}`, 'Nothing was read.')
    })
    if (found.isDirectory()) {
      throw new Refusal(`${file} is a directory.`, `Name the files in it, for example ${file.replace(/\/$/, '')}/*.psv`)
    }
    size += found.size
  }
  return files.includes('-') ? undefined : size
}
