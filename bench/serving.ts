import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export type Serving = { readonly url: URL; readonly key: string; readonly pid: number; stop(): Promise<void> }

/** `bursar serve` in a process of its own; the first time it tells its admin key. */
export const serveBursar = (directory: string): Promise<Serving> =>
  serve([file('../src/cli.ts'), 'serve', '--data', directory, '--port', '0', '--json'])

/** The same server, guard and settings, with one door that does nothing. */
export const serveEmpty = (directory: string): Promise<Serving> => serve([file('empty-server.ts'), directory])

async function serve(words: readonly string[]): Promise<Serving> {
  const child = spawn(process.execPath, words, {
    // A line in the log for each answer is left out here: it measures the disk.
    env: { ...process.env, BURSAR_LOG_ANSWERS: 'failures', BURSAR_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  const answer = await new Promise<{ url: string; key?: string }>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += String(chunk)
      const line = text.split('\n').find((each) => each.startsWith('{') && each.endsWith('}'))
      if (line) resolve(JSON.parse(line) as { url: string; key?: string })
    })
    child.once('close', (code) => reject(new Error(`the server ended with ${code}: ${text}`)))
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await closed
  }
  return { url: new URL(answer.url), key: answer.key ?? '', pid: child.pid ?? 0, stop }
}

/** The server is stopped after the work on it, however that ends. */
export async function stopped<Result>(server: Serving, work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } finally {
    await server.stop()
  }
}

/** Resident memory of a process in MiB; 0 where the system does not tell. */
export function residentMiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
