import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tryLock, withLock } from './lock.ts'
import { markOf } from './process.ts'

const directory = mkdtempSync(join(tmpdir(), 'bursar-lock-'))
after(() => rmSync(directory, { recursive: true }))

test('a lock has one holder, and the next gets it when it is free', async () => {
  const free = tryLock(directory)
  assert(free)
  assert.equal(tryLock(directory), undefined)
  free()
  const order: number[] = []
  await Promise.all([1, 2, 3].map((number) => withLock(directory, async () => order.push(number))))
  assert.equal(order.length, 3)
})

test('a holder that died holds nothing, even when its number is used again', () => {
  const highest = Math.max(...readdirSync(directory).map((name) => Number(name.split('-')[1])))
  symlinkSync(`${process.pid}-1`, join(directory, `lock-${highest + 1}`))
  tryLock(directory)?.()
  assert(readdirSync(directory).includes(`lock-${highest + 2}`))
  assert.notEqual(markOf(process.pid), `${process.pid}-1`)
})

test('programs that count in one file by turns lose no number, though some are killed in the middle', async () => {
  const counter = join(directory, 'counter')
  writeFileSync(counter, '0')
  const module = fileURLToPath(new URL('lock.ts', import.meta.url))
  const program = `
    const { withLock } = await import(${JSON.stringify(module)})
    const { readFileSync, writeFileSync } = await import('node:fs')
    for (let turn = 0; turn < 50; turn++) await withLock(${JSON.stringify(directory)}, async () => {
      const number = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'))
      if (process.argv[1] === 'dies' && turn === 10) process.kill(process.pid, 'SIGKILL')
      await new Promise(setImmediate)
      writeFileSync(${JSON.stringify(counter)}, String(number + 1))
    })`
  const ends = ['dies', 'lives', 'lives', 'dies', 'lives'].map(async (fate) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program, fate], { stdio: 'inherit' })
    await once(child, 'exit')
  })
  await Promise.all(ends)
  assert.equal(readFileSync(counter, 'utf8'), String(3 * 50 + 2 * 10))
})
