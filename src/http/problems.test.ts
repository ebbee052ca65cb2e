import { strict as assert } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Problem } from './problem.ts'
import { type ProblemType, problems } from './problems.ts'

const directory = new URL('../../docs/problems/', import.meta.url)

test('every problem has its page, with its status and title, and no page is without its problem', () => {
  const pages = readdirSync(directory).map((name) => name.replace(/\.md$/, ''))
  assert.deepEqual(pages.sort(), Object.keys(problems).sort())
  for (const [type, { status, title }] of Object.entries(problems)) {
    const [heading, , line] = readFileSync(new URL(`${type}.md`, directory), 'utf8').split('\n')
    assert.deepEqual([heading, line], [`# ${type}`, `${status} · ${title}`])
  }
})

test('the body of a problem is that of RFC 9457, and its members never hide type, title or status', () => {
  const type: ProblemType = 'period-closed'
  assert.deepEqual(new Problem(type, { period: '2026-10-01', status: 200, title: 'x' }).body(), {
    period: '2026-10-01',
    type: '/problems/period-closed',
    title: problems[type].title,
    status: 409,
  })
})
