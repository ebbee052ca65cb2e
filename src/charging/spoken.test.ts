import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { amountColumn, expanded, groupedFormula, spokenQuantity } from './spoken.ts'

test('a quantity is told in the unit that people use, and says when that is not exact', () => {
  assert.equal(spokenQuantity('cpu_core_seconds', '921600'), '256 core-hours')
  assert.equal(spokenQuantity('gpu_a100_seconds', '6'), '≈ 0.0017 GPU-hours')
  assert.equal(spokenQuantity('memory_byte_seconds', String(24n * 3600n * 2n ** 30n)), '24 GiB-hours')
  assert.equal(spokenQuantity('energy_joules', '5400000'), '1.5 kWh')
  assert.equal(spokenQuantity('cpu_used_seconds', '0.004'), '< 0.0001 CPU-hours')
  assert.equal(spokenQuantity('llm_tokens', '7'), '')
})

test('a fraction is shown as it is, and as digits that one can follow', () => {
  assert.equal(expanded('1/300'), '1/300 = 0.003333333333…')
  assert.equal(expanded('-20000/3'), '-20,000/3 = -6,666.666666666666…')
  assert.equal(expanded('4.375'), '4.375')
})

test('the numbers of a formula are grouped, its names are not touched', () => {
  assert.equal(groupedFormula('max(25769803776 / 1073741824, 0.25)'), 'max(25,769,803,776 / 1,073,741,824, 0.25)')
  assert.equal(groupedFormula('gpu_a1000_seconds * 2000'), 'gpu_a1000_seconds * 2,000')
})

test('amounts under each other have the same number of places', () => {
  assert.deepEqual(amountColumn([140_669_760n, 1_000_000_000_000n]), ['0.14066976', '1,000.00000000'])
  assert.deepEqual(amountColumn([5_000_000_000n]), ['5.00'])
})
