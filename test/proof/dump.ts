import { createWriteStream, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Dump, slurmDump } from '../../bench/slurm-dump.ts'
import { type Random } from './random.ts'

export async function writeDump(path: string, dump: Dump): Promise<string> {
  await pipeline(Readable.from(slurmDump(dump)), createWriteStream(path))
  return path
}

/** A dump by its jobs: each with the lines of its steps, as Slurm puts them. */
export type Blocks = { readonly header: string; readonly blocks: readonly string[] }

export function blocksOf(path: string): Blocks {
  const [header, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n')
  const blocks: string[] = []
  for (const line of lines) {
    if (line.slice(0, line.indexOf('|')).includes('.')) blocks.push(`${blocks.pop()}\n${line}`)
    else blocks.push(line)
  }
  return { header: header as string, blocks }
}

/** When a file was changed says when its jobs were measured: `at` is in minutes, from an hour of the past on. */
export function writeBlocks(path: string, header: string, blocks: readonly string[], at = 0): string {
  writeFileSync(path, `${[header, ...blocks].join('\n')}\n`)
  const seconds = Date.UTC(2026, 10, 20) / 1000 + at * 60
  utimesSync(path, seconds, seconds)
  return path
}

/** A job's lines with some cells of its own line changed. */
function changed(header: string, block: string, cells: Readonly<Record<string, string>>): string {
  const columns = header.split('|')
  const [own = '', ...steps] = block.split('\n')
  const values = own.split('|')
  for (const [name, value] of Object.entries(cells)) values[columns.indexOf(name)] = value
  return [values.join('|'), ...steps].join('\n')
}

export function cellOf(header: string, block: string, name: string): string {
  return (block.split('\n', 1)[0] as string).split('|')[header.split('|').indexOf(name)] as string
}

const textOf = (ms: number) => new Date(ms).toISOString().slice(0, 19)

/** What a later look at the same job may find: longer, of another project, another size, or ended otherwise. */
export function corrected(header: string, block: string, random: Random): string {
  const elapsed = Number(cellOf(header, block, 'ElapsedRaw')) + 1 + random(90_000)
  const end = textOf(Date.parse(`${cellOf(header, block, 'Start')}Z`) + elapsed * 1000)
  const other: Readonly<Record<string, string>>[] = [
    { ElapsedRaw: String(elapsed), End: end },
    { Account: `acc${random(2000)}` },
    { State: 'NODE_FAIL' },
    { State: 'COMPLETED' },
    { AllocTRES: `billing=3,cpu=3,mem=${1 + random(64)}G,node=1`, ElapsedRaw: String(elapsed), End: end },
  ]
  return changed(header, block, other[random(other.length)] as Readonly<Record<string, string>>)
}

/** The same job before its end, when it had run for half of its time. */
export function running(header: string, block: string): string {
  const elapsed = Math.floor(Number(cellOf(header, block, 'ElapsedRaw')) / 2)
  const own = changed(header, block, { State: 'RUNNING', End: 'Unknown', ElapsedRaw: String(elapsed), TotalCPU: '' })
  return own.split('\n', 1)[0] as string
}
