import { existsSync, statSync } from 'node:fs'
import { lastHead } from '../audit/heads.ts'
import type { PublishedHead } from '../audit/verify.ts'
import type { House } from '../operations/house.ts'
import type { Register } from '../terminal/door.ts'
import { durationText, grouped } from '../terminal/number.ts'
import { Refusal } from '../values/refusal.ts'
import { type Proved, proveBooks, sealProved } from './commands.ts'

/** `bursar verify` */
export const verify: Register<House> = (command, door) => {
  command
    .option('--head <file>', 'a head that was published and kept elsewhere (heads.jsonl): a cut tail shows')
    .action(async (options: { head?: string }) => {
      const published = options.head === undefined ? undefined : publishedIn(options.head)
      const house = await door.house()
      const progress = door.progress()
      const proved: Proved[] = []
      let records = 0
      const tell = () => `${proved.length} checks done, ${grouped(records)} records rated again`
      const beat = setInterval(() => progress.show(tell), 200)
      const started = performance.now()
      try {
        for await (const check of proveBooks(house, published, (count) => (records = count))) {
          proved.push(check)
          progress.end()
          door.say(lineOf(check))
        }
      } finally {
        clearInterval(beat)
        progress.end()
      }
      const failed = proved.filter(({ ok }) => !ok)
      door.answer({ ok: failed.length === 0, checks: proved })
      door.say(totalOf(proved, failed, performance.now() - started))
      if (failed.length > 0) return door.failed()
      const warning = await sealProved(house)
      if (warning) door.remark(warning)
    })
}

function publishedIn(file: string): PublishedHead {
  if (!existsSync(file)) throw new Refusal(`There is no file ${file}.`, 'Name a copy of heads.jsonl.')
  if (statSync(file).isDirectory()) throw new Refusal(`${file} is a directory.`, 'Name a copy of heads.jsonl in it.')
  const head = headIn(file)
  if (!head) throw new Refusal(`${file} holds no head.`, 'Name a copy of heads.jsonl, or one line of it.')
  return { head, from: file }
}

function headIn(file: string) {
  try {
    return lastHead(file)
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${(error as Error).message}`, 'Name a copy of heads.jsonl.')
  }
}

const lineOf = ({ ok, name, detail, milliseconds }: Proved): string =>
  `${ok ? 'ok    ' : 'FAILED'}  ${name}: ${detail}  (${durationText(milliseconds)})`

function totalOf(proved: readonly Proved[], failed: readonly Proved[], milliseconds: number): string {
  const time = durationText(milliseconds)
  return failed.length === 0
    ? `\nThe books are proved: ${proved.length} checks in ${time}.`
    : `\nNOT PROVED: ${failed.length} of ${proved.length} checks failed, in ${time}.`
}
