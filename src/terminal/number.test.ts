import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { amountText, bytesText, durationText, grouped } from './number.ts'

test('a number is grouped by thousands and keeps every digit', () => {
  assert.equal(grouped('12345678901234567890.123456789'), '12,345,678,901,234,567,890.123456789')
  assert.equal(grouped('-1000'), '-1,000')
  assert.equal(grouped(999), '999')
  assert.equal(grouped(10n ** 18n), '1,000,000,000,000,000,000')
})

test('an amount has at least two places', () => {
  assert.equal(amountText('4', 'THB'), '4.00 THB')
  assert.equal(amountText('0.000000001', 'USD'), '0.000000001 USD')
})

test('durations and sizes are told in the unit that fits', () => {
  assert.deepEqual([12, 4_240, 59_990, 192_000, 7_500_000].map(durationText), [
    '12 ms',
    '4.2 s',
    '60.0 s',
    '3 min 12 s',
    '2 h 05 min',
  ])
  assert.deepEqual([512, 1536, 5 * 1024 ** 3].map(bytesText), ['512 B', '1.5 KiB', '5.0 GiB'])
})
