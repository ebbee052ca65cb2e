import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { doAsSaid } from './chapter.ts'
import { guide, type Page, readPage } from './page.ts'

const pages = readdirSync(guide)
  .filter((name) => name.endsWith('.md'))
  .map((name) => readPage(name.replace('.md', '')))

/** What a bare machine may lack. */
const programs = ['curl', 'python3'] as const
const lacking = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined)
const lackingFor = ({ steps }: Page) =>
  lacking.filter((program) => steps.some(({ commands }) => commands.includes(program)))

for (const page of pages.filter(({ steps }) => steps.length > 0)) {
  const [lacks] = lackingFor(page)
  const skip = lacks === undefined ? false : `there is no ${lacks} on this machine`
  test(`what ${page.name}.md of the guide says to type works, and prints what it shows`, { skip }, () => doAsSaid(page))
}
