import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { test } from 'node:test'
import { checks } from './checks.ts'

const root = join(import.meta.dirname, '..')
/** Set by check.ts, which has run the rules when it starts the tests. */
const skip = process.env['HOUSE_CHECKED'] === '1'

/** The rules of the house are tests like all others, so that `npm test` alone is everything. */
for (const { name, run } of checks)
  test(`the project keeps the rule of the house called ${name}`, { skip }, async () => {
    const { faults } = await run(root)
    if (faults.length > 0) assert.fail(`npm run check -- ${name}\n${faults.join('\n')}`)
  })
