import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { Problem } from './http/problem.ts'
import type { ProblemType } from './http/problems.ts'
import type { House } from './operations/house.ts'
import type { Flags } from './settings.ts'
import { createDoor, type Door, exitCodes, type Register, type Screens, WrongUsage } from './terminal/door.ts'
import { fail } from './terminal/failure.ts'
import { Refusal } from './values/refusal.ts'
import { version } from './version.ts'

export type Entry = { readonly name: string; readonly about: string; readonly load: () => Promise<Register<House>> }

/** How long a program that was told to stop may take for all of it. */
const stopWithin = 15_000
/** How long a command may take to notice; `serve` takes as long as the requests under way. */
const commandStopsWithin = 2_000
/** npm passes a Ctrl-C on that its child had already: two signals so close together are one. */
const onePress = 500

/** What is around every command: flags that all have, the house opened and closed, failures, signals, the exit. */
export async function runProgram(entries: readonly Entry[]): Promise<void> {
  requireNode()
  const given = process.argv.slice(2)
  // `bursar help parties` is `bursar parties --help`, so that there is one way to load a command.
  const words = given[0] === 'help' ? [...given.slice(1), '--help'] : given
  const json = words.slice(0, words.includes('--') ? words.indexOf('--') : words.length).includes('--json')
  let code: number = exitCodes.done
  const refused = () => {
    code = exitCodes.refused
  }
  const screens = openScreens(refused)
  const stop = new AbortController()
  let house: Promise<House> | undefined
  let isWritten = () => false
  let flags: Flags = {}
  const door = createDoor<House>({
    json,
    principal: 'local',
    signal: stop.signal,
    screens,
    open: async () => {
      const [{ openHouse }, { readSettings }] = await Promise.all([import('./app.ts'), import('./settings.ts')])
      const settings = readSettings(process.env, flags)
      if (words[0] !== 'serve') await refuseElsewhere(door, words[0] ?? '')
      const opened = openHouse(settings, words[0] === 'serve' ? 'server' : 'command')
      house = opened
      const [{ hasWritten }, found] = await Promise.all([import('./operations/alone.ts'), opened])
      isWritten = () => hasWritten(found)
      return found
    },
    setting: async (name) => (await import('./settings.ts')).settingInForce(name, process.env, flags),
    failed: refused,
  })
  const failed = async (error: unknown) => {
    const debug = Boolean(process.env['BURSAR_DEBUG'])
    const reason = (await fullDisk(error, flags)) ?? (await readable(error, isWritten()))
    return fail(reason, screens, { json, mayAnswer: !door.answered, debug })
  }
  const interrupted = listen(stop, screens)

  let program = new Command()
  try {
    program = await buildProgram(entries, words, door)
    program.hook('preAction', (_, command) => {
      flags = flagsOf(command)
    })
    const command = program.parseAsync(words, { from: 'user' })
    await (words[0] === 'serve' ? command : Promise.race([command, afterAbort(stop.signal)]))
  } catch (error) {
    const ended = error instanceof CommanderError ? usageEnd(error, program, words) : error
    if (ended !== undefined && !stop.signal.aborted) code = await failed(ended)
  }
  try {
    const closed = house?.catch(() => undefined).then((opened) => opened?.database.close())
    await (words[0] === 'serve' ? closed : Promise.race([closed, afterAbort(stop.signal)]))
  } catch (error) {
    // A command that failed because the database is gone need not say twice that it is.
    if (code === exitCodes.done) code = await failed(error)
  }
  // What was printed last may turn out unwritable only now.
  await new Promise((resolve) => setImmediate(resolve))
  // Serving until it is stopped is what `serve` was asked to do; any other command was cut short.
  process.exit(words[0] === 'serve' ? code : (interrupted() ?? code))
}

/** Whoever names another Bursar does not mean the database of this machine. */
async function refuseElsewhere(door: Door<House>, word: string): Promise<void> {
  const url = await door.setting('BURSAR_URL')
  if (url === undefined || (await door.setting('BURSAR_KEY')) === undefined) return
  throw new WrongUsage(
    `\`bursar ${word}\` works on the database only, and BURSAR_URL says ${url}.`,
    'Unset BURSAR_URL and run it where the database is, or ask the API there.',
  )
}

/** Every command has these; `serve` and its like add their own. */
export function flagsOf(command: Command): Flags {
  const options = command.opts<{ data?: string; databaseUrl?: string; host?: string; port?: string }>()
  const flags: Flags = {}
  if (options.data !== undefined) flags.BURSAR_DATA = options.data
  if (options.databaseUrl !== undefined) flags.DATABASE_URL = options.databaseUrl
  if (options.host !== undefined) flags.BURSAR_HOST = options.host
  if (options.port !== undefined) flags.BURSAR_PORT = options.port
  return flags
}

async function buildProgram(entries: readonly Entry[], words: readonly string[], door: Door<House>): Promise<Command> {
  const program = new Command('bursar')
    .description('The accounts office of a computing site: usage in, priced, charged, proved.')
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', '\nbursar COMMAND --help says more. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.')
  for (const entry of entries) {
    const known = program.commands.find((each) => each.name() === entry.name)
    const command = known ?? program.command(entry.name).description(entry.about)
    if (words[0] === entry.name) (await entry.load())(command, door)
  }
  const asked = program.commands.find((each) => each.name() === words[0])
  if (asked) addCommonOptions(asked)
  return program
}

function addCommonOptions(command: Command): void {
  for (const { flags } of command.options) {
    // Commander takes an option without <> for a switch, and its value for a stray argument.
    assert(!/^--[a-z-]+ \w/.test(flags), `the value of ${flags} stands between < and >`)
  }
  for (const inner of command.commands) addCommonOptions(inner)
  if (command.commands.length > 0) {
    command.helpCommand(false)
    return
  }
  command
    .optionsGroup('Options of every command:')
    .option('--json', 'print one JSON document on stdout, and nothing else there')
    .option('--data <dir>', 'data directory (BURSAR_DATA)')
    .option('--database-url <url>', 'PostgreSQL to use (DATABASE_URL)')
    .helpOption('-h, --help', 'show this')
}

/** Help and version were printed: done. Everything else is wrong usage. */
function usageEnd(error: CommanderError, program: Command, words: readonly string[]): WrongUsage | undefined {
  if (error.exitCode === 0) return undefined
  const message = error.code === 'commander.help' ? 'a command is missing' : error.message.replace(/^error: /, '')
  return new WrongUsage(message, `See ${['bursar', ...namesOf(program, words), '--help'].join(' ')}`)
}

/** As far as words name a command that there is: its help has the options that were meant. */
function namesOf(command: Command, [word, ...others]: readonly string[]): string[] {
  const inner = command.commands.find((each) => each.name() === word)
  return inner ? [inner.name(), ...namesOf(inner, others)] : []
}

/**
 * Without room for its log PostgreSQL ends: its connection is lost, and the reason is the disk. Without any room it
 * fails in ways of its own.
 */
async function fullDisk(failure: unknown, flags: Flags): Promise<Refusal | undefined> {
  const { isConnectionLost, isOfDatabase } = await import('./database/refusals.ts')
  const lost = failure instanceof Problem ? lossTypes.includes(failure.type) : isConnectionLost(failure)
  if (!lost && !isOfDatabase(failure)) return undefined
  const [{ readSettings }, { logSegmentMiB, freeMiB }] = await Promise.all([
    import('./settings.ts'),
    import('./database/server-settings.ts'),
  ])
  const { databaseUrl, data } = readSettings(process.env, flags)
  if (databaseUrl !== undefined || !existsSync(data) || freeMiB(data) > (lost ? logSegmentMiB : 1)) return undefined
  return new Refusal(
    `the disk of ${data} is full`,
    'What was committed before stays. Make room, then run the command again: it goes on, and nothing is done twice.',
  )
}

const lossTypes: readonly ProblemType[] = ['database-unavailable', 'outcome-unknown']

/** What the database or a command refuses, as a person reads it; what is a bug stays what it is. */
async function readable(error: unknown, isWritten: boolean): Promise<unknown> {
  if (error instanceof Refusal) return error
  if (!(error instanceof Problem)) return (await import('./database/refusals.ts')).asRefusal(error)
  const { detail, issues, ...others } = error.detail
  if (Array.isArray(issues)) {
    const wrong = (issues as { field: string; message: string }[]).map(
      ({ field, message }) => `${field.replace(/^body\./, '')} ${message}`,
    )
    return new Refusal(wrong.join('\n'), 'Nothing was changed. The help of the command says what it takes.')
  }
  const members = Object.entries(others).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const more = [...(typeof detail === 'string' ? [detail] : []), ...members].join(', ')
  // What is not there, the detail says in whole.
  const isWhole = error.type === 'not-found' && typeof detail === 'string'
  return new Refusal(
    isWhole ? detail : `${error.title.replace(/\.$/, '')}${more && `: ${more}`}`,
    `${isWritten ? stays : ''}${remedies[error.type] ?? ''}` || undefined,
  )
}

/** A command may make many operations, and a failure ends the last of them. */
const stays = 'What was committed before stays. '

/** Where a person at a terminal can do something that a program cannot. */
const remedies: Partial<Record<ProblemType, string>> = {
  'parties-changed': 'Run the command again: it compares anew.',
  'outcome-unknown': 'See that the database is up, then run the command again: nothing is done twice.',
  'database-unavailable':
    'See that the database is up, then run the command again: it goes on, and nothing is done twice.',
  'database-full': 'Make room, then run the command again: it goes on, and nothing is done twice.',
}

/** A reader that has seen enough (`| head`) ends the output, not the command. */
function openScreens(unwritable: () => void): Screens {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return
      unwritable()
      if (stream === process.stdout) process.stderr.write(`bursar: the output cannot be written (${error.code})\n`)
    })
  }
  return { out: process.stdout, err: process.stderr }
}

/** The first signal asks the command to stop, the second does not ask. Answers with which code it was stopped. */
function listen(stop: AbortController, screens: Screens): () => number | undefined {
  let code: number | undefined
  let at = 0
  const onSignal = (signalCode: number) => () => {
    if (code !== undefined) {
      if (performance.now() - at < onePress) return
      process.exit(signalCode)
    }
    at = performance.now()
    code = signalCode
    stop.abort()
    setTimeout(() => {
      screens.err.write(`bursar: it did not stop within ${stopWithin / 1000} s and was ended\n`)
      process.exit(signalCode)
    }, stopWithin).unref()
  }
  process.on('SIGINT', onSignal(exitCodes.interrupted))
  process.on('SIGTERM', onSignal(exitCodes.terminated))
  // The terminal was closed: without this PostgreSQL would be left behind.
  process.on('SIGHUP', onSignal(exitCodes.hungUp))
  return () => code
}

async function afterAbort(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
  await new Promise((resolve) => setTimeout(resolve, commandStopsWithin))
}

/**
 * Node 24 comes with Bursar's packages; an older one that was found first steps aside. (Below 22.18 Node cannot
 * read TypeScript at all and does not come this far: `npx bursar` finds the right one by itself.)
 */
function requireNode(): void {
  if (Number(process.versions.node.split('.', 1)[0]) >= 24) return
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  const environment = { ...process.env, BURSAR_NODE_FOUND: '1' }
  if (existsSync(node) && process.execve && !process.env['BURSAR_NODE_FOUND']) {
    process.execve(node, [node, ...process.argv.slice(1)], environment)
  }
  process.stderr.write(
    `bursar: this is Node ${process.versions.node}; Bursar needs 24 or newer\nRun npm ci, then npx bursar.\n`,
  )
  process.exit(exitCodes.refused)
}
