import { execFileSync } from 'node:child_process'
import type { Finding, Tree } from './tree.ts'

/**
 * What has been released is in somebody's database: a migration of the last release may not change any more, or
 * their next start refuses it.
 */
export function releasedMigrations(tree: Tree): Finding {
  const release = git(tree.root, 'describe', '--tags', '--abbrev=0', '--match', '20*')[0]
  if (release === undefined) return { faults: [], note: 'nothing released yet' }
  const changed = git(tree.root, 'diff', '--name-only', '--no-renames', '--diff-filter=MD', release, '--', 'migrations')
  return {
    faults: changed.map(
      (path) =>
        `${path}: it was released with ${release} and has changed. Restore it, and write the change as a new migration.`,
    ),
    note: `since ${release}`,
  }
}

/** What git answers, by lines; nothing when this is no clone, or there is no tag. */
export function git(root: string, ...words: readonly string[]): string[] {
  try {
    const text = execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return text.split('\n').filter((line) => line !== '')
  } catch {
    return []
  }
}
