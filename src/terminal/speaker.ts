import type { Door } from './door.ts'
import { table } from './table.ts'

/** Who says something to people: a door of the terminal, or a text that is read elsewhere. */
export type Speaker = Pick<Door<never>, 'say' | 'table'>

/** What is said, as one text; nothing is cut to the width of a terminal. */
export function spoken(tell: (speaker: Speaker) => void): string {
  const lines: string[] = []
  const say = (text: string) => void lines.push(text)
  tell({ say, table: (rows, columns) => say(table(rows, columns)) })
  return lines.join('\n')
}
