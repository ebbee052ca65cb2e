import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Refusal } from '../values/refusal.ts'
import { createDoor, WrongUsage } from './door.ts'
import { fail } from './failure.ts'

function screens() {
  const written = { out: '', err: '' }
  const open = (name: 'out' | 'err') => ({ write: (text: string) => (written[name] += text) })
  return { written, screens: { out: open('out'), err: open('err') } }
}
const settings = { json: false, mayAnswer: true, debug: false }

test('a refusal is told with its remedy on stderr, and the exit code is 1', () => {
  const { written, screens: both } = screens()
  assert.equal(fail(new Refusal('the port is in use', 'Take another.'), both, settings), 1)
  assert.deepEqual(written, { out: '', err: 'bursar: the port is in use\nTake another.\n' })
})

test('with --json the refusal is the one document on stdout', () => {
  const { written, screens: both } = screens()
  fail(new Refusal('no'), both, { ...settings, json: true })
  assert.deepEqual(JSON.parse(written.out), { error: { message: 'no', remedy: null } })
  assert.equal(written.err, 'bursar: no\n')
})

test('a failure after the answer adds no second document', () => {
  const { written, screens: both } = screens()
  fail(new Refusal('no'), both, { json: true, mayAnswer: false, debug: false })
  assert.equal(written.out, '')
})

test('wrong usage has exit code 2', () => {
  assert.equal(fail(new WrongUsage('no such option'), screens().screens, settings), 2)
})

test('an unexpected failure is one line and a hint; the stack comes with BURSAR_DEBUG', () => {
  const quiet = screens()
  fail(new TypeError('x is not a function'), quiet.screens, settings)
  assert.match(
    quiet.written.err,
    /^bursar: something unexpected happened\. TypeError: x is not a function\n.*BURSAR_DEBUG=1/,
  )
  assert.ok(!quiet.written.err.includes('    at '))
  const loud = screens()
  fail(new TypeError('x', { cause: new Error('deeper') }), loud.screens, { ...settings, debug: true })
  assert.match(loud.written.err, /    at /)
  assert.match(loud.written.err, /caused by Error: deeper/)
})

test('what strangers wrote into a message is not obeyed by the terminal', () => {
  const { written, screens: both } = screens()
  fail(new Refusal('bad name \u001b[2J'), both, settings)
  assert.equal(written.err, 'bursar: bad name \\u001b[2J\n')
})

test('with --json only the first answer is printed, and whole numbers stay exact', () => {
  const { written, screens: both } = screens()
  const door = createDoor<object>({
    json: true,
    principal: 'local',
    signal: new AbortController().signal,
    screens: both,
    open: async () => ({}),
    setting: async () => undefined,
    failed: () => {},
  })
  door.say('for people')
  door.table([['1']], [{ title: 'n' }])
  door.answer({ rows: 2n ** 60n })
  door.answer({ second: true })
  assert.equal(written.out, '{"rows":"1152921504606846976"}\n')
  assert.equal(door.answered, true)
})
