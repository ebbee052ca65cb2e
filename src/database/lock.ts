import { readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, markOf } from './process.ts'

/**
 * A lock between programs that use one data directory, which the death of its holder releases. The highest
 * `lock-N` says who holds it; it is free when that process is gone or wrote `free`, and whoever makes N + 1 has it.
 * The highest is never removed: removing a dead holder's could hit one that somebody took meanwhile. What is written
 * is where a link points to, which is made in one step and asks for no space on a full disk.
 */
export async function withLock<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  let held = tryLock(directory)
  for (; held === undefined; held = tryLock(directory)) await sleep(20)
  try {
    return await work()
  } finally {
    held()
  }
}

/** Takes the lock if it is free; answers what frees it. Without waiting, so that it also works while a program exits. */
export function tryLock(directory: string): (() => void) | undefined {
  const highest = Math.max(0, ...numbers(directory))
  if (highest > 0 && !isFree(join(directory, `lock-${highest}`))) return undefined
  const own = join(directory, `lock-${highest + 1}`)
  try {
    symlinkSync(markOf(process.pid), own)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  // Others may have passed by and cleared the number away between the look and the link.
  const present = numbers(directory)
  if (Math.max(...present) > highest + 1) {
    rmSync(own, { force: true })
    return undefined
  }
  for (const number of present) if (number < highest + 1) rmSync(join(directory, `lock-${number}`), { force: true })
  return () => {
    const draft = join(directory, `draft-lock.${markOf(process.pid)}`)
    rmSync(draft, { force: true })
    symlinkSync('free', draft)
    renameSync(draft, own)
  }
}

const numbers = (directory: string): number[] =>
  readdirSync(directory).flatMap((name) => (/^lock-\d+$/.test(name) ? [Number(name.slice(5))] : []))

function isFree(path: string): boolean {
  try {
    const holder = readlinkSync(path)
    return holder === 'free' || !isAlive(holder)
  } catch {
    // Cleared away: somebody holds a higher one.
    return false
  }
}
