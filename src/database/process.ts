import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/**
 * A process by number and start: numbers are used again, so that a number alone may mean somebody else. Where
 * there is no /proc, the number has to do.
 */
export type ProcessMark = string

export const markOf = (pid: number): ProcessMark => `${pid}-${startOf(pid) ?? 0}`

export const pidOf = (mark: ProcessMark): number => Number(mark.split('-')[0])

export function isAlive(mark: ProcessMark): boolean {
  const pid = pidOf(mark)
  return isRunning(pid) && markOf(pid) === mark
}

/** Running, and not merely waiting for its parent to hear of its end. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return statOf(pid)?.[0] !== 'Z'
}

/** Sends a signal; a process that has ended is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Processes that work in a directory. PostgreSQL's do in their data directory, so that orphans are found. */
export function processesIn(directory: string): number[] {
  return numbersIn('/proc').filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === directory
    } catch {
      return false
    }
  })
}

function numbersIn(directory: string): number[] {
  try {
    return readdirSync(directory).map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

const startOf = (pid: number): string | undefined => statOf(pid)?.[19]

/** The fields of /proc/PID/stat from the state on; the program's name before it may hold anything. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
