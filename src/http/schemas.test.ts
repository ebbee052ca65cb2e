import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Check } from 'typebox/value'
import { DayOrMoment, Moment } from './schemas.ts'

const lengths = (year: number) =>
  Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(year, month + 1, 0)).getUTCDate())
const two = (number: number) => String(number).padStart(2, '0')

test('a day is taken when a month has it, leap years included, and no other', () => {
  for (const year of [1900, 1904, 1999, 2000, 2020, 2023, 2026, 2028, 2096, 2100, 2104, 2199]) {
    for (const [month, length] of lengths(year).entries()) {
      for (let day = 0; day <= 32; day += 1) {
        const text = `${year}-${two(month + 1)}-${two(day)}`
        assert.equal(Check(DayOrMoment, text), day >= 1 && day <= length, text)
        assert.equal(Check(Moment, `${text}T08:00:00Z`), day >= 1 && day <= length, text)
      }
    }
  }
})
