import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { circles } from './circles.ts'
import { moduleOrder, privateFiles } from './module-order.ts'
import { faultsIn } from './plant.ts'

test('a module may import what stands above it, itself, packages and node', () => {
  const files = {
    'src/values/money.ts': 'export const zero = 0n\n',
    'src/ledger/transfer.ts':
      "import { test } from 'node:test'\nimport { zero } from '../values/money.ts'\nimport './account.ts'\n",
    'src/ledger/account.ts': "import pg from 'pg'\n",
    'src/app.ts': "import './ledger/transfer.ts'\n",
  }
  assert.deepEqual(faultsIn(moduleOrder, files), [])
})

test('an import of a module below is told with file, line and remedy', () => {
  const files = {
    'src/ledger/transfer.ts': "// one\nimport { charge } from '../charging/charge.ts'\n",
    'src/charging/charge.ts': 'export const charge = 1\n',
  }
  const [fault, ...others] = faultsIn(moduleOrder, files)
  assert.match(fault ?? '', /^src\/ledger\/transfer\.ts:2: 'ledger' imports 'charging', which stands below it\. Move /)
  assert.deepEqual(others, [])
})

for (const [way, text] of [
  ['a type', "import type { Charge } from '../charging/charge.ts'\n"],
  ['a type in place', "export type One = import('../charging/charge.ts').Charge\n"],
  ['an import when it runs', "export const one = await import('../charging/charge.ts')\n"],
  ['a passing on', "export { charge } from '../charging/charge.ts'\n"],
  ['an import for its effect', "import '../charging/charge.ts'\n"],
] as const)
  test(`${way} of a module below breaks the order as well`, () => {
    assert.equal(faultsIn(moduleOrder, { 'src/ledger/transfer.ts': text }).length, 1)
  })

test('a module without a place in the order is told once', () => {
  const faults = faultsIn(moduleOrder, { 'src/stuff/a.ts': '', 'src/stuff/b.ts': '' })
  assert.equal(faults.length, 1)
  assert.match(faults[0] ?? '', /'stuff' has no place/)
})

test('no module imports the start point', () => {
  const [fault] = faultsIn(moduleOrder, { 'src/http/server.ts': "import '../app.ts'\n", 'src/app.ts': '' })
  assert.match(fault ?? '', /the start point that wires all modules/)
})

test('the product does not import what is about it', () => {
  const [fault] = faultsIn(moduleOrder, { 'src/http/server.ts': "import '../../test/run.ts'\n" })
  assert.match(fault ?? '', /outside src/)
})

test('sql.ts is imported in its own module only, and routes.ts by app.ts too', () => {
  const files = {
    'src/ledger/sql.ts': 'export const a = 1\n',
    'src/ledger/routes.ts': "import './sql.ts'\n",
    'src/charging/commands.ts': "import '../ledger/sql.ts'\nimport '../ledger/routes.ts'\n",
    'src/app.ts': "import './ledger/routes.ts'\nimport './ledger/sql.ts'\n",
  }
  assert.deepEqual(
    faultsIn(privateFiles, files).map((fault) => fault.split(': ')[0]),
    ['src/app.ts:2', 'src/charging/commands.ts:1', 'src/charging/commands.ts:2'],
  )
})

test('what is there for tests is not imported by the product', () => {
  const files = {
    'src/ledger/commands.ts': "import '../database/testing.ts'\n",
    'src/ledger/a.test.ts': "import '../database/testing.ts'\n",
  }
  assert.equal(faultsIn(privateFiles, files).length, 1)
})

test('a circle of imports is drawn', () => {
  const files = {
    'src/values/a.ts': "import './b.ts'\n",
    'src/values/b.ts': "import type { C } from './c.ts'\n",
    'src/values/c.ts': "import './a.ts'\nexport type C = 1\n",
    'src/values/d.ts': "import './a.ts'\n",
  }
  const faults = faultsIn(circles, files)
  assert.equal(faults.length, 1)
  assert.match(faults[0] ?? '', /src\/values\/a\.ts → src\/values\/b\.ts → src\/values\/c\.ts → src\/values\/a\.ts/)
})
