import { WrongUsage } from '../values/refusal.ts'

/** What `--reason` says; the books keep it for whoever asks later, so there must be something to read. */
export function reasonOf(text: string): string {
  if (text.trim() !== '') return text
  throw new WrongUsage('--reason is blank.', 'Say why: it stands in the audit record.')
}
