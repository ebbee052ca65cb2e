import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { test } from 'node:test'
import { checks } from './checks.ts'

const root = join(import.meta.dirname, '..')

/** The rules of the house are tests like all others, so that `npm test` alone is everything. */
for (const { name, run } of checks)
  test(`the project keeps the rule of the house called ${name}`, {
    skip: process.env['HOUSE_CHECKED'] === '1',
  }, async () => {
    const { faults } = await run(root)
    assert.equal(faults.length, 0, `npm run check -- ${name}\n${faults.join('\n')}`)
  })
