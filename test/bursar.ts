import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The program as people run it: a process of its own, with nothing of the surroundings but what is given. */
export type Ended = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
  readonly ms: number
}
export type Running = {
  readonly child: ChildProcess
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Keeps when the program has said this on stdout; fails when it ends before. */
  said(words: RegExp): Promise<string>
}
export type Environment = Readonly<Record<string, string>>

const cli = join(import.meta.dirname, '../src/cli.ts')

export function begin(words: readonly string[], environment: Environment = {}, user?: number): Running {
  const { PATH, TMPDIR } = process.env
  const env = { PATH, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...environment }
  const started = performance.now()
  const as = user === undefined ? {} : { uid: user, gid: user }
  const child = spawn(process.execPath, [cli, ...words], { ...as, env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { out: '', err: '' }
  child.stdout?.on('data', (data: Buffer) => (texts.out += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (texts.err += data.toString()))
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    ...texts,
    ms: performance.now() - started,
  }))
  const said = async (words: RegExp): Promise<string> => {
    for (let match = words.exec(texts.out); ; match = words.exec(texts.out)) {
      if (match) return match[0]
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`bursar ended without saying ${words}: ${texts.out}${texts.err}`)
      }
      await sleep(10)
    }
  }
  return { child, pid: child.pid as number, ended, said }
}

export const bursar = (words: readonly string[], environment?: Environment): Promise<Ended> =>
  begin(words, environment).ended

/** Runs a command that must succeed, and answers what it printed with `--json`. */
export async function answerOf<Answer>(words: readonly string[], environment: Environment): Promise<Answer> {
  const { code, out, err } = await bursar([...words, '--json'], environment)
  if (code !== 0) throw new Error(`bursar ${words.join(' ')} ended with ${code}: ${err}${out}`)
  return JSON.parse(out) as Answer
}

/** Bursar's own PostgreSQL of a data directory: every process that works in its files. */
export function postgresOf(data: string): number[] {
  const link = join(data, 'postgres')
  if (!existsSync(link)) return []
  const files = realpathSync(link)
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === files ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

/** Where the running PostgreSQL of a data directory has its socket. */
export function socketsOf(data: string): string | undefined {
  const path = join(data, 'postgres', 'postmaster.pid')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n')[4] : undefined
}

/** The postmaster first, so that it starts nobody in the place of those who die. */
export function killPostgres(data: string): number {
  const path = join(data, 'postgres', 'postmaster.pid')
  if (!existsSync(path)) return 0
  const postmaster = Number(readFileSync(path, 'utf8').split('\n')[0])
  const all = postgresOf(data)
  if (!all.includes(postmaster)) return 0
  for (const pid of [postmaster, ...all.filter((each) => each !== postmaster)]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It died with the postmaster.
    }
  }
  return all.length
}
