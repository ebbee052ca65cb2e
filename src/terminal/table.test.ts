import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { table } from './table.ts'
import { cutTo, printable, widthOf } from './width.ts'

test('numbers stand under each other to the right, texts to the left', () => {
  const text = table(
    [
      ['chem', '1,200.50'],
      ['physics', '3.00'],
    ],
    [{ title: 'project' }, { title: 'amount', align: 'right' }],
  )
  assert.deepEqual(text.split('\n'), [
    'project    amount',
    '───────  ────────',
    'chem     1,200.50',
    'physics      3.00',
  ])
})

test('Thai and wide characters keep the columns straight', () => {
  assert.equal(widthOf('คณะวิทยาศาสตร์'), 12)
  assert.equal(widthOf('物理'), 4)
  assert.equal(widthOf('café'.normalize('NFD')), 4)
  const rows = [
    ['ที่ปรึกษา', '1'],
    ['物理', '22'],
    ['ascii', '333'],
  ]
  const lines = table(rows, [{ title: 'name' }, { title: 'n', align: 'right' }]).split('\n')
  assert.equal(new Set(lines.map(widthOf)).size, 1)
})

test('on a narrow terminal the widest text is cut, a number never', () => {
  const lines = table(
    [['a name of an organisation that goes on and on', '123,456,789.00']],
    [{ title: 'organisation' }, { title: 'amount', align: 'right' }],
    40,
  ).split('\n')
  assert.ok(lines.every((line) => widthOf(line) <= 40))
  assert.match(lines[2] as string, /…  123,456,789\.00$/)
})

test('when cutting is not enough, each row becomes a block of titles and values', () => {
  const columns = [
    { title: 'project' },
    { title: 'amount', align: 'right' as const },
    { title: 'paid', align: 'right' as const },
  ]
  const text = table([['chemistry', '123,456,789.00', '987,654,321.00']], columns, 30)
  assert.deepEqual(text.split('\n'), ['project  chemistry', 'amount   123,456,789.00', 'paid     987,654,321.00'])
})

test('a block has no line for a column without a title that says nothing', () => {
  const columns = [{ title: 'month' }, { title: '' }, { title: 'amount', align: 'right' as const }]
  const rows = [
    ['2026-11', '', '123,456,789.00'],
    ['2026-12', 'a remark', '1.00'],
    ['', '', ''],
  ]
  assert.equal(
    table(rows, columns, 20),
    'month   2026-11\namount  123,456,789.00\n\nmonth   2026-12\n        a remark\namount  1.00\n\nmonth\namount',
  )
})

test('a control character in a name is shown, never obeyed', () => {
  assert.equal(printable('a\u001b[31mb\nc\u202e'), 'a\\u001b[31mb\\u000ac\\u202e')
  assert.ok(!table([['x\u001b[2J']], [{ title: 'name' }]).includes('\u001b'))
})

test('a text is never cut between a letter and its marks', () => {
  assert.equal(cutTo('กี่ครั้ง', 3), 'กี่ค…')
})
