import { readFileSync } from 'node:fs'

/** `2026.11.1`: year, month and number within it. package.json is the one place where it is written. */
export const version = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version
