import { git } from './released.ts'
import { type Finding, read, readOr, type Tree } from './tree.ts'

const versionPattern = /^20\d\d\.([1-9]|1[0-2])\.(0|[1-9]\d*)$/

/** One version, YYYY.M.N, in package.json, its lockfile, at the top of CHANGELOG.md and in the tag of a release. */
export function version(tree: Tree): Finding {
  const { version: own } = JSON.parse(read(tree.root, 'package.json')) as { version: string }
  const lock = JSON.parse(read(tree.root, 'package-lock.json')) as {
    version: string
    packages: Record<string, { version?: string }>
  }
  const changes = /^## (\S+)/m.exec(readOr(tree.root, 'CHANGELOG.md') ?? '')?.[1]
  return {
    faults: versionFaults({
      own,
      lock: [lock.version, lock.packages['']?.version],
      changes,
      tags: git(tree.root, 'tag', '--points-at', 'HEAD'),
    }),
    note: own,
  }
}

export type Versions = {
  readonly own: string
  readonly lock: readonly (string | undefined)[]
  readonly changes: string | undefined
  readonly tags: readonly string[]
}

export function versionFaults({ own, lock, changes, tags }: Versions): string[] {
  const faults: string[] = []
  if (!versionPattern.test(own))
    faults.push(
      `package.json: version '${own}' is not YYYY.M.N with month and number not padded, for example 2026.11.1.`,
    )
  if (lock.some((locked) => locked !== own))
    faults.push(`package-lock.json: its version is not '${own}'. Run 'npm install --package-lock-only'.`)
  if (changes !== own)
    faults.push(
      `CHANGELOG.md: the top entry is '${changes ?? 'none'}', the package is ${own}. Write '## ${own}' and what changed.`,
    )
  const releases = tags.filter((tag) => /^v?\d+\.\d+/.test(tag))
  if (releases.length > 0 && !releases.includes(own))
    faults.push(
      `git: this commit is tagged '${releases.join("', '")}', the package is ${own}. A tag is the version, without a 'v'.`,
    )
  return faults
}
