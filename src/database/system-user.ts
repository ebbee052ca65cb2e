import { spawnSync } from 'node:child_process'
import { chownSync, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** As whom PostgreSQL runs; undefined: as whoever runs Bursar. */
export type SystemUser = { readonly name: string; readonly uid: number; readonly gid: number }

const isRoot = (): boolean => process.getuid?.() === 0

/**
 * PostgreSQL refuses to run as root, so root gives it a user of its own, `bursar`, made when it is missing, and
 * `nobody` where users cannot be made. A directory that exists keeps its owner.
 */
export function serverUser(cluster: string): SystemUser | undefined {
  if (!isRoot()) return undefined
  const owner = ownerOf(cluster)
  if (owner && owner.uid !== 0) return owner
  return byName('bursar') ?? made() ?? byName('nobody') ?? { name: '65534', uid: 65534, gid: 65534 }
}

function made(): SystemUser | undefined {
  const home = ['--system', '--no-create-home', '--home', '/nonexistent', '--shell', '/usr/sbin/nologin']
  const ways: [string, string[]][] = [
    ['useradd', [...home, '--user-group', 'bursar']],
    ['adduser', [...home, '--group', 'bursar']],
    ['adduser', ['-S', '-D', '-H', 'bursar']],
  ]
  for (const [program, words] of ways) {
    const PATH = `/usr/sbin:/sbin:${process.env['PATH'] ?? '/usr/bin:/bin'}`
    spawnSync(program, words, { env: { ...process.env, PATH }, stdio: 'ignore' })
    const user = byName('bursar')
    if (user) return user
  }
  return undefined
}

function ownerOf(path: string): SystemUser | undefined {
  try {
    const { uid, gid } = statSync(path)
    return { name: String(uid), uid, gid }
  } catch {
    return undefined
  }
}

function byName(name: string): SystemUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const fields = line?.split(':')
  return fields && { name, uid: Number(fields[2]), gid: Number(fields[3]) }
}

/** Whether that user may run a program, or pass a directory: asked of the system itself, which knows every rule. */
export function canReach(user: SystemUser | undefined, path: string): boolean {
  const as = user ? { uid: user.uid, gid: user.gid } : {}
  return spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { ...as, cwd: '/' }).status === 0
}

export function giveTo(user: SystemUser | undefined, path: string): void {
  if (!user) return
  chownSync(path, user.uid, user.gid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) giveTo(user, join(path, name))
}
