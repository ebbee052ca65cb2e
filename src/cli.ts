#!/usr/bin/env node
import type { Command } from 'commander'
import type { House } from './operations/house.ts'
import { flagsOf, runProgram } from './program.ts'
import type { Register } from './terminal/door.ts'

const serve: Register<House> = (command, door) => {
  command
    .option('--host <address>', 'address to listen on (BURSAR_HOST)')
    .option('--port <port>', 'port to listen on (BURSAR_PORT)')
    .addHelpText('after', '\nCtrl-C stops it: requests under way are finished first. A second Ctrl-C does not wait.')
    .action(async () => {
      const [{ serveUntilStopped }, { readSettings }] = await Promise.all([import('./app.ts'), import('./settings.ts')])
      await serveUntilStopped(await door.house(), readSettings(process.env, flagsOf(command)), door)
    })
}

const showConfig: Register<House> = (command: Command, door) => {
  command.action(async () => {
    const { configLines, readSettings } = await import('./settings.ts')
    readSettings(process.env, flagsOf(command))
    const lines = configLines(process.env, flagsOf(command))
    const rows = lines.map((line) => [line.name, line.value, line.from, line.about])
    door.table(rows, [{ title: 'setting' }, { title: 'value' }, { title: 'from' }, { title: 'meaning' }])
    door.answer(Object.fromEntries(lines.map(({ name, value, from }) => [name, { value, from }])))
  })
}

/**
 * The commands by their noun, in the order of `--help`. `load` is called only for the one that was asked for,
 * so that `--help` does not wait for modules it does not use. Two lines may share a name (`ingest slurm`,
 * `ingest apel`).
 */
await runProgram([
  { name: 'serve', about: 'run Bursar until it is stopped', load: async () => serve },
  {
    name: 'parties',
    about: 'organisations, projects and people: list, import',
    load: async () => (await import('./parties/cli.ts')).parties,
  },
  { name: 'show-config', about: 'the settings in force, secrets masked', load: async () => showConfig },
])
