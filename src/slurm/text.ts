import { Refusal } from '../values/refusal.ts'
import { Clock } from './clock.ts'
import { parseDuration } from './duration.ts'
import { Cut } from './cut.ts'
import { Fold } from './fold.ts'
import { factOf, type Job } from './job.ts'
import { type Layout, layoutOf, repeatsHeader } from './layout.ts'
import { tooLong } from './lines.ts'
import { beginsWell } from './mend.ts'
import { parseMemory } from './memory.ts'
import { type Mended, Mender } from './mender.ts'
import { rereadOf, type Tray } from './page.ts'
import { elapsedOf, jobOf } from './row.ts'

/** When so many lines hold no row, the dump is not what its header says. */
const strangeMax = 20

/** Reads the lines of `sacct --parsable`: the header decides, and the steps of a job follow it. */
export class TextReader {
  readonly #tray: Tray
  readonly #clock: Clock
  readonly #fold = new Fold()
  #layout: Layout | undefined
  #mender: Mender | undefined
  /** The row that was cut last, and the one before it, where that is held back. */
  #cutRow: Cut | undefined
  #heldRow: Cut | undefined
  #isHolding = false
  #job: Job | undefined
  #jobLine = 0
  /** As the row of the job says it, and whether that is a time in which its steps may begin. */
  #startText = ''
  #startsWithin = false
  #number = 0
  #rows = 0
  #hasExtern = false
  #strayed = false
  #isCutOff = false

  get lines(): number {
    return this.#number
  }

  constructor(tray: Tray) {
    this.#tray = tray
    this.#clock = new Clock(tray.settings.zone)
  }

  /** Reads whole lines, and stops each time that a page is full. */
  *read(text: string): Generator<void> {
    for (let from = 0; from < text.length; ) {
      const newline = text.indexOf('\n', from)
      this.#number++
      this.#line(text, from, newline < 0 ? text.length : newline, this.#number)
      this.#tray.lines++
      from = newline < 0 ? text.length : newline + 1
      if (this.#tray.isFull) yield
    }
  }

  finish(): void {
    this.#settle()
    this.#flush(true)
    if (!this.#layout) throw new Refusal('the input is empty', 'a dump has at least its header line')
  }

  /** What stands behind the last newline: it may be the beginning of a line, and the rest of what is held back. */
  cutOff(text: string): void {
    if (text.trim() === '') return
    this.#number++
    this.#tray.lines++
    if (!this.#layout) return this.#begin(text)
    if (this.#cut(text, 0, text.length, this.#number, this.#layout)) this.#settle()
    const gathered = this.#isHolding ? this.#heldRow : this.#mender?.giveUp()
    this.#isHolding = false
    this.#isCutOff = true
    this.#tray.refuseUnended(gathered?.line ?? this.#number, gathered ? `${gathered.raw}\n${text}` : text)
  }

  /** A line that is too long to be held. What is gathered before it cannot become whole any more. */
  skip(head: string, length: number): void {
    this.#number++
    this.#tray.lines++
    if (!this.#layout) throw tooLong(this.#number)
    this.#settle()
    this.#tray.refuseLong(this.#number, head, length)
  }

  /** No line follows that could be the rest of what is held back. */
  #settle(): void {
    this.#take(this.#mender?.finish() ?? [])
    this.#believe()
  }

  /** Cuts a line into its values; answers whether it has as many as the header. */
  #cut(text: string, from: number, to: number, line: number, { quoted }: Layout): boolean {
    if (!quoted) return (this.#cutRow as Cut).at(text, from, to, line)
    const raw = text.slice(from, to)
    const values = (this.#mender as Mender).whole(raw)
    if (values) (this.#cutRow as Cut).of(raw, line, values)
    return values !== undefined
  }

  #line(text: string, from: number, to: number, line: number): void {
    const layout = this.#layout
    if (!layout) return this.#begin(text.slice(from, to))
    let end = to
    if (layout.carriageReturn && text.charCodeAt(end - 1) === 13) end--
    if (end === from && !this.#mender?.isOpen) return
    if (this.#mender?.isOpen || !this.#cut(text, from, end, line, layout) || !this.#beginsRow(layout))
      return this.#mend(text.slice(from, end), line)
    this.#holdOrRead()
  }

  /** The rest of a name may have as many values as a row, behind one that the name has ended. */
  #beginsRow(layout: Layout): boolean {
    const cut = this.#cutRow as Cut
    const name = layout.freeColumns.at(-1) ?? 0
    return !this.#isHolding || beginsWell((column) => cut.cell(column), name, layout, this.#clock)
  }

  /** A row that may end in the middle of a name is believed once the next line is no rest of it. */
  #holdOrRead(): void {
    if ((this.#layout as Layout).freeColumns.length === 0) return this.#row()
    const cut = this.#cutRow
    this.#believe()
    this.#cutRow = this.#heldRow
    this.#heldRow = cut
    this.#isHolding = true
  }

  #believe(): void {
    if (!this.#isHolding) return
    this.#isHolding = false
    const cut = this.#cutRow
    this.#cutRow = this.#heldRow
    this.#row()
    this.#cutRow = cut
  }

  #begin(header: string): void {
    if (header.trim() === '') return
    const layout = layoutOf(header, this.#tray.settings.cluster, this.#tray.settings.format)
    this.#layout = layout
    this.#tray.reread = rereadOf(this.#tray.settings, { header })
    this.#cutRow = new Cut(layout)
    this.#heldRow = new Cut(layout)
    this.#mender = new Mender(layout, this.#clock)
  }

  readonly #cell = (column: number | undefined): string =>
    column === undefined ? '' : (this.#cutRow as Cut).cell(column)

  #mend(raw: string, line: number): void {
    const mender = this.#mender as Mender
    const layout = this.#layout as Layout
    // Where names stand in rows, a broken line may be the rest of one that was written to stop the reading.
    if (layout.freeColumns.length === 0) repeatsHeader(raw, layout, line)
    if (this.#isHolding) {
      this.#isHolding = false
      const before = this.#heldRow as Cut
      this.#take(mender.offer(before.raw, before.line))
    }
    this.#take(mender.offer(raw, line))
    if (!mender.isOpen) this.#take(mender.release())
  }

  #take(found: readonly Mended[]): void {
    for (const mended of found) {
      if ('reason' in mended) {
        this.#believe()
        if (this.#rows === 0 && this.#number >= strangeMax) this.#refuseAll()
        this.#tray.refuse(mended.line, mended.reason, mended.raw)
      } else {
        ;(this.#cutRow as Cut).of(mended.raw, mended.line, mended.values)
        this.#holdOrRead()
      }
    }
  }

  #refuseAll(): never {
    const { names, delimiter } = this.#layout as Layout
    throw new Refusal(
      `not one row has the ${names.length} values of the header, cut at ${JSON.stringify(delimiter)}`,
      'use --parsable2, whose delimiter | stands in no value (a comma does), and leave names and comments out',
    )
  }

  #row(): void {
    const layout = this.#layout as Layout
    const { columns } = layout
    const { raw, line } = this.#cutRow as Cut
    this.#rows++
    const id = this.#cell(columns.JobIDRaw ?? columns.JobID)
    if (id.charCodeAt(0) > 57 && repeatsHeader(raw, layout, line)) return
    const dot = id.indexOf('.')
    if (dot > 0) return this.#step(id, dot, layout)
    this.#flush(false)
    const cluster = columns.Cluster === undefined ? '' : this.#cell(columns.Cluster)
    this.#tray.jobs++
    const row = jobOf(this.#cell, layout, this.#clock, cluster || (this.#tray.settings.cluster ?? ''), raw)
    if ('job' in row) {
      this.#job = row.job
      this.#jobLine = line
      const { start, submit = 0, end } = row.job
      this.#startText = this.#cell(columns.Start)
      this.#startsWithin = start !== undefined && start >= submit && (end === undefined || start <= end)
    } else if ('waits' in row) {
      this.#tray.pending++
      if (row.ranAway) this.#tray.noteRunaway(id)
    } else this.#tray.refuse(line, row.reason, raw, cluster)
  }

  #step(id: string, dot: number, { columns, quoted }: Layout): void {
    const job = this.#job
    const name = id.slice(dot + 1)
    if (name === 'extern') this.#hasExtern = true
    if (!job || job.id.length !== dot || !id.startsWith(job.id) || !this.#isWithin(job, columns.Start)) {
      this.#strayed = true
      this.#tray.strayed++
      return
    }
    const tasks = this.#cell(columns.NTasks)
    this.#fold.add({
      name,
      cpuMs: parseDuration(this.#cell(columns.TotalCPU)),
      // Spreadsheets of older tools give a bare number of KiB.
      rss: parseMemory(this.#cell(columns.AveRSS), quoted ? 10 : 0),
      // Without the number of tasks a step counts as one.
      tasks: columns.NTasks === undefined ? 1 : Number(tasks) || 0,
      elapsedSeconds: elapsedOf(this.#cell, columns) ?? 0,
    })
  }

  /** Runs of one job have steps of the same names; a step belongs to the run during which it began. */
  #isWithin(job: Job, column: number | undefined): boolean {
    const text = this.#cell(column)
    // Most begin with their job.
    if (this.#startsWithin && text === this.#startText) return true
    this.#clock.doubtful = false
    const start = this.#clock.read(text)
    if (start === undefined || this.#clock.doubtful || job.start === undefined) return true
    return start >= Math.max(job.start, job.submit ?? 0) && (job.end === undefined || start <= job.end)
  }

  /** The job is whole once another follows it. */
  #flush(last: boolean): void {
    const job = this.#job
    if (!job) return
    this.#job = undefined
    const fold = this.#fold
    if (fold.steps > 0) {
      // Where steps have strayed, or the dump may be cut off, a job without the step that all others have is not whole.
      const isDoubtful = (this.#strayed || last) && this.#hasExtern && !fold.hasExtern
      job.memoryUsed = isDoubtful ? undefined : fold.memoryOf(job)
    }
    // Of what was cut off, more steps may be missing: their sum is then too small.
    if (last && this.#isCutOff) {
      job.memoryUsed = undefined
      fold.reset()
    }
    job.cpuUsed = fold.cpuOf(job.cpuUsed)
    fold.reset()
    const fact = factOf(job, this.#tray.settings.measuredAt)
    if (typeof fact === 'string') this.#tray.refuse(this.#jobLine, fact, job.raw, job.cluster)
    else this.#tray.add(fact)
  }
}
