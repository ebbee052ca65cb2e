import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { currenciesIn, currenciesWith } from './currency.ts'

test('currencies are those of ISO 4217, credits, and what the site adds', () => {
  const known = currenciesWith(['GPUH'])
  for (const code of ['THB', 'EUR', 'CREDIT', 'GPUH']) assert(known.has(code), code)
  for (const code of ['ZZZ', 'XXX', 'TOKEN', 'thb', '']) assert(!known.has(code), code)
})

test('codes of the site are read with or without spaces, and not when one has another form', () => {
  assert.deepEqual(currenciesIn('GPUH, TOKEN'), ['GPUH', 'TOKEN'])
  for (const text of ['gpuh', 'GPUH,', 'GP', 'GPU-HOUR']) assert.equal(currenciesIn(text), undefined, text)
})
