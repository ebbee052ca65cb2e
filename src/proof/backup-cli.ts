import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { newestHead } from '../audit/heads.ts'
import type { Head } from '../audit/head.ts'
import { forgetOldServer, seal } from '../audit/seal.ts'
import { writeBackup } from '../database/backup.ts'
import { restoreBackup } from '../database/restore.ts'
import { operationsBegun } from '../operations/count.ts'
import type { House } from '../operations/house.ts'
import type { Door, Register } from '../terminal/door.ts'
import { durationText, grouped } from '../terminal/number.ts'
import { Refusal } from '../values/refusal.ts'
import { type Proved, proveBooks } from './commands.ts'

/** What a backup keeps of the seal: the newest head, and the keys that its history is marked with. */
type Note = { readonly head: Head | null; readonly keyIds: readonly string[] }

/** `bursar backup FILE` */
export const backup: Register<House> = (command, door) => {
  command
    .argument('<file>', 'where to write it; gzip')
    .addHelpText('after', '\nThe keys in DATA/keys are not part of it: keep a copy of them somewhere else.')
    .action(async (file: string) => {
      if (existsSync(file)) throw new Refusal(`${file} is there already.`, 'Name a new file, or remove the old one.')
      const house = await door.house()
      const { warning } = await seal(house)
      if (warning) door.remark(warning)
      const started = performance.now()
      const note: Note = { head: (await newestHead(house)) ?? null, keyIds: [house.keys.seal.id] }
      // Of two backups of one name each writes its own, or they would write into one file.
      const draft = `${file}.${process.pid}.part`
      const forget = () => rmSync(draft, { force: true })
      process.once('exit', forget)
      const progress = door.progress()
      let rows = 0
      try {
        const gzip = createGzip({ level: 6 })
        const written = pipeline(gzip, createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }))
        written.catch(() => {})
        const filling = writeBackup(house.database, note, gzip, (count) =>
          progress.show(() => `${grouped(count)} rows written`),
        )
        // When writing fails, so does the filling: the first to fail is told, and both have ended then.
        const [outcome, failure] = await Promise.allSettled([filling, Promise.race([written, filling])])
        if (failure.status === 'rejected') throw failure.reason
        if (outcome.status === 'rejected') throw outcome.reason
        rows = outcome.value
        gzip.end()
        await written
        renameSync(draft, file)
      } catch (error) {
        forget()
        throw unwritable(file, error)
      } finally {
        process.off('exit', forget)
        progress.end()
      }
      const seconds = (performance.now() - started) / 1000
      const bytes = statSync(file).size
      door.answer({ file, rows, bytes, block: note.head?.block ?? 0, seconds })
      door.say(
        `${grouped(rows)} rows in ${file} (${grouped(Math.ceil(bytes / 1024))} KiB), up to block ${note.head?.block ?? 0}, in ${durationText(seconds * 1000)}.\n` +
          `Keep it away from this machine, and a copy of the keys in the data directory away from it.`,
      )
    })
}

/** `bursar restore FILE` */
export const restore: Register<House> = (command, door) => {
  command
    .argument('<file>', 'what bursar backup wrote')
    .addHelpText(
      'after',
      '\nInto an empty database, with the keys of the old one in DATA/keys. It ends with bursar verify.',
    )
    .action(async (file: string) => {
      if (!existsSync(file)) throw new Refusal(`There is no file ${file}.`, 'Name a file that bursar backup wrote.')
      const house = await door.house()
      const progress = door.progress()
      const started = performance.now()
      const { head, rows } = await restoreBackup(
        house.database,
        linesOf(file),
        async ({ note }) => {
          requireKeys(house, note as Note)
          await requireEmpty(house)
        },
        forgetOldServer,
        (count) => progress.show(() => `${grouped(count)} rows restored`),
      ).finally(() => progress.end())
      door.say(`${grouped(rows)} rows restored in ${durationText(performance.now() - started)}. Proving the books:`)
      const { head: published } = head.note as Note
      const checks = await prove(house, published, file, door)
      const ok = checks.every((check) => check.ok)
      door.answer({ file, rows, madeAt: head.at, ok, checks })
      const compared = published ? 'and their head is that of the backup' : 'but the backup names no head to compare'
      if (ok) door.say(`\nThe books are proved, ${compared}.`)
      else {
        door.say(`\nNOT PROVED: do not work with this database.`)
        door.failed()
      }
    })
}

async function prove(house: House, head: Head | null, file: string, door: Door<House>): Promise<Proved[]> {
  const checks: Proved[] = []
  for await (const check of proveBooks(house, head ? { head, from: file } : undefined)) {
    checks.push(check)
    door.say(`${check.ok ? 'ok    ' : 'FAILED'}  ${check.name}: ${check.detail}`)
  }
  return checks
}

function requireKeys({ keys }: House, { keyIds }: Note): void {
  const missing = keyIds.filter((id) => !keys.known.has(id))
  if (missing.length === 0) return
  throw new Refusal(
    `the history of this backup is marked with the seal key ${missing.join(', ')}, which is not here`,
    'Copy the directory keys of the old data directory into the new one (or set BURSAR_SEAL_KEY), then restore again.',
  )
}

async function requireEmpty({ database }: House): Promise<void> {
  if ((await operationsBegun(database.pool)) === 0) return
  throw new Refusal(
    'there are books in this database already',
    'Restore into an empty one: another --data or --database-url.',
  )
}

/** Cut at line ends only: names may hold what other readers of lines take for one. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const gunzip = createGunzip()
  pipeline(createReadStream(file), gunzip).catch(() => {})
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      let start = 0
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        yield bytes.toString('utf8', start, end)
        start = end + 1
      }
      rest = bytes.subarray(start)
    }
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_') && !isOfFile(error)) throw error
    throw new Refusal(
      `${file} cannot be read: ${(error as Error).message}`,
      'Use a whole copy of the backup; nothing was restored.',
    )
  }
}

const isOfFile = (error: unknown): boolean => (error as NodeJS.ErrnoException).syscall !== undefined

function unwritable(file: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined || code === undefined) return error
  return new Refusal(`${file} cannot be written (${code}).`, 'Name a file in a directory that has room.')
}
