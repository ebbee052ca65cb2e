#!/usr/bin/env node
import module from 'node:module'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Desk } from './access/desk-commands.ts'
import type { House } from './operations/house.ts'
import { flagsOf, runProgram } from './program.ts'
import type { Door, Register } from './terminal/door.ts'

// What is loaded from here on was compiled by an earlier command, and is kept where only who installed Bursar can
// write: a command starts in half the time. Where nothing can be kept, all is as it was. Older Node has none of it.
module.enableCompileCache?.(join(import.meta.dirname, '../node_modules/.cache/bursar'))

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

type CreditCommand = 'grant' | 'move' | 'balance' | 'reservations' | 'refund' | 'limit' | 'budget'

/** Commands that ask a door, here or at another Bursar. */
const creditCommands = (commands: readonly (readonly [name: CreditCommand, about: string])[]) =>
  commands.map(([name, about]) => ({
    name,
    about,
    load: async () => {
      const [{ askDoor }, { creditsWith }] = await Promise.all([import('./ask.ts'), import('./credits/cli.ts')])
      return creditsWith(askDoor)[name]
    },
  }))

/** For commands that only read. */
const there = async (door: Door<House>) => (await import('./ask.ts')).thereOf(door)

/** Where keys and people are asked for: over HTTP where BURSAR_URL and BURSAR_KEY are set, else on the database. */
async function accessDesk(door: Door<House>): Promise<Desk> {
  const remote = await (await import('./ask.ts')).remoteOf(door)
  if (remote) return (await import('./access/remote-commands.ts')).remoteDesk(remote.url, remote.key)
  const [{ localDesk }, { memories }] = await Promise.all([
    import('./access/desk-commands.ts'),
    import('./metering/erasure-commands.ts'),
  ])
  return localDesk(await door.house(), door.principal, memories)
}

/**
 * The commands by their noun, in the order of `--help`. `load` is called only for the one that was asked for,
 * so that `--help` does not wait for modules it does not use. Two lines may share a name (`ingest slurm`,
 * `ingest apel`).
 */
await runProgram([
  { name: 'serve', about: 'run Bursar until it is stopped', load: async () => serve },
  {
    name: 'demo',
    about: 'load the sample into an empty house, marked as demo',
    load: async () => (await import('./slurm/demo-cli.ts')).demo,
  },
  {
    name: 'ingest',
    about: 'read usage, record, rate and charge it: slurm',
    load: async () => (await import('./slurm/cli.ts')).ingestSlurm,
  },
  {
    name: 'statement',
    about: 'what a project was charged',
    load: async () => (await import('./charging/statement-cli.ts')).statementWith(there),
  },
  {
    name: 'explain',
    about: 'why a charge or a job cost what it did',
    load: async () => (await import('./charging/explain-cli.ts')).explainWith(there),
  },
  ...creditCommands([
    ['grant', 'give credits to a wallet'],
    ['move', 'move credits from one wallet to another'],
    ['balance', 'what payers have: posted, held, available'],
    ['reservations', 'credits that are set aside, and what became of them'],
    ['refund', 'give back what was charged'],
    ['limit', 'how far a wallet may go below zero'],
    ['budget', 'what may be spent in a day, a month or in all: list, set, end'],
  ]),
  {
    name: 'jobs',
    about: 'jobs of virtual labs: report, show, problems',
    load: async () => {
      const [{ askDoor }, { jobsWith }] = await Promise.all([import('./ask.ts'), import('./jobs/cli.ts')])
      return jobsWith(askDoor)
    },
  },
  {
    name: 'quarantine',
    about: 'usage that could not be read or charged: list, replay, dismiss',
    load: async () => {
      const [{ quarantineWith }, { readAgain }] = await Promise.all([
        import('./charging/quarantine-cli.ts'),
        import('./slurm/again-stream.ts'),
      ])
      return quarantineWith((cluster) => ({ slurm: async (row) => await readAgain(row, cluster) }))
    },
  },
  {
    name: 'rerate',
    about: 'rate usage again that is not invoiced yet',
    load: async () => (await import('./charging/cli.ts')).rerate,
  },
  {
    name: 'prices',
    about: 'the price book: list, show, check, set',
    load: async () => {
      const [{ pricesWith }, { chargeNow }, { letPricesWait }] = await Promise.all([
        import('./pricing/cli.ts'),
        import('./charging/waiting-cli.ts'),
        import('./access/approval-cli.ts'),
      ])
      return pricesWith({ afterSet: chargeNow, letWait: letPricesWait }, there)
    },
  },
  {
    name: 'parties',
    about: 'organisations, projects and people: list, import',
    load: async () => (await import('./parties/cli.ts')).partiesWith(there),
  },
  {
    name: 'key',
    about: 'keys to the API: create, list, revoke',
    load: async () => (await import('./access/cli.ts')).keyWith(accessDesk),
  },
  {
    name: 'approval',
    about: 'what waits for a second person: list, approve, reject',
    load: async () => {
      const [{ askDoor }, { approvalWith }] = await Promise.all([
        import('./ask.ts'),
        import('./access/approval-cli.ts'),
      ])
      return approvalWith(askDoor)
    },
  },
  {
    name: 'person',
    about: 'people: link a name, erase',
    load: async () => (await import('./access/person-cli.ts')).personWith(accessDesk),
  },
  {
    name: 'backup',
    about: 'write everything to one file, as of one moment',
    load: async () => (await import('./proof/backup-cli.ts')).backup,
  },
  {
    name: 'restore',
    about: 'put a backup into an empty database, and prove it',
    load: async () => (await import('./proof/backup-cli.ts')).restore,
  },
  {
    name: 'verify',
    about: 'prove the books: seal, ledger, charges, records, prices',
    load: async () => (await import('./proof/cli.ts')).verify,
  },
  { name: 'show-config', about: 'the settings in force, secrets masked', load: async () => showConfig },
])
