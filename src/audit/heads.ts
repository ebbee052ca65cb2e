import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import type { House } from '../operations/house.ts'
import type { Block } from './block.ts'
import { type Head, headOf, parseHead } from './head.ts'
import * as sql from './sql.ts'
import { noting } from '../database/transaction.ts'

const blocksMax = 1000

/**
 * Appends the heads that the file does not have yet, one line each, and tells the webhook the newest. Answers a
 * warning when the file and the chain disagree: then the database lost its tail, and writing on would hide it.
 */
export async function publishHeads(house: House): Promise<string | undefined> {
  const { headsFile } = house.keys
  const last = lastHead(headsFile)
  const newest = await newestBlock(house)
  if (!newest && !last) return undefined
  // Another block under the same number is what stands there once a tail was cut and history went on.
  if (last && last.block === newest?.number && last.mac === newest.mac.toString('hex')) return retryWebhook(house)
  // Under the lock of the head's row, so that two processes never append the same line.
  const outcome = await noting(house.database, async (client) => {
    await sql.lockHead(client)
    const written = lastHead(headsFile)
    const from = written?.block ?? 0
    const [known] = from > 0 ? await sql.blocksAfter(client, from - 1, 1) : []
    if (written && (known?.number !== from || known.mac.toString('hex') !== written.mac)) {
      return `${headsFile} ends with block ${from}, which this database ${known?.number === from ? 'holds otherwise' : 'does not hold'}: it lost its newest history, or is another database. Run bursar verify; keep the file elsewhere before you go on.`
    }
    for (let after = from; ; ) {
      const blocks = await sql.blocksAfter(client, after, blocksMax)
      appendLines(
        house,
        blocks.map((block) => headOf(block, house.keys.head)),
      )
      after = blocks.at(-1)?.number ?? after
      if (blocks.length < blocksMax) return undefined
    }
  })
  if (outcome === undefined) unsent.add(house.keys)
  return outcome ?? retryWebhook(house)
}

function appendLines(house: House, heads: readonly Head[]): void {
  const { headsFile, head } = house.keys
  if (heads.length === 0) return
  const publicFile = headsFile.replace(/\.jsonl$/, '') + '.pub'
  if (!existsSync(publicFile)) writeFileSync(publicFile, head.open.export({ type: 'spki', format: 'pem' }))
  const file = openSync(headsFile, 'a', 0o644)
  try {
    // A line that a crash cut short stays as it is; the next begins on its own.
    const start = endsWhole(headsFile) ? '' : '\n'
    writeSync(file, start + heads.map((line) => `${JSON.stringify(line)}\n`).join(''))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The newest block's head, signed; undefined when nothing was sealed yet. */
export async function newestHead(house: House): Promise<Head | undefined> {
  const block = await newestBlock(house)
  return block && headOf(block, house.keys.head)
}

async function newestBlock({ database: { pool } }: House): Promise<Block | undefined> {
  const number = await sql.headBlock(pool)
  return number > 0 ? (await sql.blocksAfter(pool, number - 1, 1))[0] : undefined
}

/** The last whole line of a head file; a line that a crash cut short does not count. */
export function lastHead(path: string): Head | undefined {
  for (const line of tailOf(path).split('\n').reverse()) {
    const head = parseHead(line)
    if (head) return head
  }
  return undefined
}

const endsWhole = (path: string): boolean => /(^|\n)$/.test(tailOf(path))

function tailOf(path: string): string {
  if (!existsSync(path)) return ''
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const tail = Buffer.alloc(Math.min(size, 64 * 1024))
    readSync(file, tail, 0, tail.length, size - tail.length)
    return tail.toString('utf8')
  } finally {
    closeSync(file)
  }
}

/** Heads that the webhook has not taken yet; told again at the next sealing. */
const unsent = new WeakSet<object>()

async function retryWebhook(house: House): Promise<undefined> {
  const { headWebhook, headsFile } = house.keys
  const head = lastHead(headsFile)
  if (!headWebhook || !head || !unsent.has(house.keys)) return undefined
  try {
    const body = JSON.stringify(head)
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(headWebhook, { method: 'POST', body, headers, signal: AbortSignal.timeout(5000) })
    if (response.ok) unsent.delete(house.keys)
  } catch {
    // Best effort: the file has it, and the next sealing tells it again.
  }
  return undefined
}
