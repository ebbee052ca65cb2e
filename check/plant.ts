import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Rule, readTree } from './tree.ts'

/** Plants a small tree of files, lets a rule look at it, and answers the faults it tells. */
export function faultsIn(rule: Rule, files: Readonly<Record<string, string>>): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'bursar-check-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    return rule(readTree(root)).faults
  } finally {
    rmSync(root, { recursive: true })
  }
}
