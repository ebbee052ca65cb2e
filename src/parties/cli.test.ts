import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Command } from 'commander'
import { alone } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { createDoor } from '../terminal/door.ts'
import { partiesWith } from './cli.ts'
import { resolveNames } from './commands.ts'

let fresh: FreshHouse
const directory = mkdtempSync(join(tmpdir(), 'bursar-parties-'))
before(async () => {
  fresh = await freshHouse()
})
after(async () => {
  rmSync(directory, { recursive: true })
  await fresh.drop()
})

/** Runs `bursar parties …` and answers what it printed. */
async function run(...words: string[]): Promise<string> {
  let printed = ''
  const screen = { write: (text: string) => (printed += text) }
  const door = createDoor<House>({
    json: false,
    principal: 'local',
    signal: new AbortController().signal,
    screens: { out: screen, err: screen },
    open: async () => fresh.house,
    setting: async () => undefined,
    failed: () => {},
  })
  const command = new Command('parties').exitOverride()
  partiesWith(async () => undefined)(command, door)
  await command.parseAsync(words, { from: 'user' })
  return printed
}

test('what was only met in usage is confirmed by the list that is imported again, and the difference says so', async () => {
  const call = { principal: 'tester', key: 'met', command: 'test', input: null }
  await alone(fresh.house, call, async (writer) => {
    await resolveNames(writer, { source: 'slurm:lab', projects: ['bio'], people: [], providers: [] }, 'create')
    return null
  })
  assert.match(await run('list'), /bio .*from usage, not confirmed/)
  const file = join(directory, 'again.csv')
  writeFileSync(file, await run('list', '--csv'))
  const told = await run('import', file, '--dry-run')
  assert.match(told, /^~ project {6}bio: confirmed; so far it was only met in usage$/m)
  const done = await run('import', file)
  assert.match(done, /^Done: 0 added, 0 changed, 2 confirmed, 0 unchanged\.$/m)
  assert.ok(!(await run('list')).includes('not confirmed'))
  assert.match(await run('import', file), /^Nothing to do/)
})
