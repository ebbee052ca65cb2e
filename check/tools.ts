import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Finding } from './tree.ts'

/** Tools are started from the project's own node_modules, so that they run on its Node whatever the machine has. */
export function projectEnvironment(root: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    NO_COLOR: '1',
  }
}

type Tool = { readonly command: string; readonly args: readonly string[]; readonly remedy: string }

const linesMax = 60
const code = ['src', 'test', 'bench', 'check', 'docs/.vitepress']

export const tools: Readonly<Record<string, (root: string) => Tool>> = {
  types: () => ({ command: 'tsc', args: ['--noEmit', '--pretty', 'false'], remedy: 'Mend the types named above.' }),
  lint: (root) => ({
    command: 'oxlint',
    args: [
      '--type-aware',
      '--deny-warnings',
      '--format=unix',
      ...code.filter((folder) => existsSync(join(root, folder))),
    ],
    remedy: "Mend what is named above, or write '// oxlint-disable-next-line RULE -- why the rule is wrong here'.",
  }),
  format: () => ({
    command: 'biome',
    args: ['format', '--max-diagnostics=50', '--reporter=github', '.'],
    remedy: "Run 'npm run format'.",
  }),
}

/** What a tool prints becomes the faults, one a line; its summary lines are left out. */
export function runTool(root: string, { command, args, remedy }: Tool): Promise<Finding> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules/.bin', command), args, {
      cwd: root,
      env: projectEnvironment(root),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const parts: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => parts.push(part))
    child.stderr.on('data', (part: Buffer) => parts.push(part))
    child.once('error', () => reject(new Error(`${command} is not installed. Run 'npm ci'.`)))
    child.once('close', (status) => {
      if (status === 0) return resolve({ faults: [] })
      const told = linesOf(Buffer.concat(parts).toString().replaceAll(`${root}/`, ''))
      const shown = told.slice(0, linesMax)
      if (told.length > linesMax) shown.push(`… and ${told.length - linesMax} lines more`)
      resolve({ faults: [...shown, remedy] })
    })
  })
}

/** biome has one line a file only in the form that GitHub reads: `::error title=format,file=a.ts,line=1,…::text`. */
function linesOf(output: string): string[] {
  const files = [...output.matchAll(/^::error title=format,file=([^,]+),/gm)]
  if (files.length > 0) return files.map(([, path]) => `${path}: not in the project's format`)
  return output.split('\n').filter((line) => line.trim() !== '')
}
