import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Progress } from './progress.ts'

function screen(isTTY: boolean) {
  const written: string[] = []
  return { written, isTTY, columns: 40, write: (text: string) => written.push(text) }
}

test('nothing is told of a command that takes less than two seconds', () => {
  let now = 0
  const terminal = screen(true)
  const progress = new Progress(terminal, () => now)
  for (; now < 2000; now += 100) progress.show(() => 'far')
  progress.end()
  assert.deepEqual(terminal.written, [])
})

test('on a terminal one line is written over, and taken away at the end', () => {
  let now = 0
  const terminal = screen(true)
  const progress = new Progress(terminal, () => now)
  now = 2000
  progress.show(() => `read ${'x'.repeat(80)}`)
  progress.show(() => 'too soon to be shown')
  now = 2200
  progress.show(() => 'read 2')
  progress.end()
  assert.deepEqual(terminal.written, [`\r\u001b[2Kread ${'x'.repeat(33)}…`, '\r\u001b[2Kread 2', '\r\u001b[2K'])
})

test('elsewhere a line is written every ten seconds', () => {
  let now = 0
  const log = screen(false)
  const progress = new Progress(log, () => now)
  for (; now <= 25_000; now += 500) progress.show(() => `at ${now}`)
  progress.end()
  assert.deepEqual(log.written, ['at 2000\n', 'at 12000\n', 'at 22000\n'])
})
