import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { doAsSaid } from './chapter.ts'
import { guide, readPage } from './page.ts'

const pages = readdirSync(guide)
  .filter((name) => name.endsWith('.md'))
  .map((name) => readPage(name.replace('.md', '')))

for (const page of pages.filter(({ steps }) => steps.length > 0))
  test(`what ${page.name}.md of the guide says to type works, and prints what it shows`, () => doAsSaid(page))
