import { existsSync } from 'node:fs'
import { lastHead } from '../audit/heads.ts'
import type { PublishedHead } from '../audit/verify.ts'
import type { House } from '../operations/house.ts'
import type { Register } from '../terminal/door.ts'
import { durationText } from '../terminal/number.ts'
import { Refusal } from '../values/refusal.ts'
import { type Proved, proveBooks } from './commands.ts'

/** `bursar verify` */
export const verify: Register<House> = (command, door) => {
  command
    .option('--head <file>', 'a head that was published and kept elsewhere (heads.jsonl): a cut tail shows')
    .action(async (options: { head?: string }) => {
      const published = options.head === undefined ? undefined : publishedIn(options.head)
      const house = await door.house()
      const progress = door.progress()
      const proved: Proved[] = []
      const beat = setInterval(() => progress.show(() => `${proved.length} checks done`), 200)
      try {
        for await (const check of proveBooks(house, published)) {
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
      door.say(totalOf(proved, failed))
      if (failed.length > 0) door.failed()
    })
}

function publishedIn(file: string): PublishedHead {
  if (!existsSync(file)) throw new Refusal(`There is no file ${file}.`, 'Name a copy of heads.jsonl.')
  const head = lastHead(file)
  if (!head) throw new Refusal(`${file} holds no head.`, 'Name a copy of heads.jsonl, or one line of it.')
  return { head, from: file }
}

const lineOf = ({ ok, name, detail, milliseconds }: Proved): string =>
  `${ok ? 'ok    ' : 'FAILED'}  ${name}: ${detail}  (${durationText(milliseconds)})`

function totalOf(proved: readonly Proved[], failed: readonly Proved[]): string {
  const time = durationText(proved.reduce((sum, { milliseconds }) => sum + milliseconds, 0))
  return failed.length === 0
    ? `\nThe books are proved: ${proved.length} checks in ${time}.`
    : `\nNOT PROVED: ${failed.length} of ${proved.length} checks failed, in ${time}.`
}
