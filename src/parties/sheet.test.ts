import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { gather } from './gather.ts'
import { readSheet, type SheetRow } from './sheet.ts'
import { sheetText } from './sheet-text.ts'

function rowsOf(text: string): readonly SheetRow[] {
  const outcome = readSheet(text)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome.value
}

function faultsOf(text: string): string[] {
  const read = readSheet(text)
  const outcome = read.ok ? gather(read.value) : read
  assert.ok(!outcome.ok, 'the sheet was accepted')
  return outcome.refusal.faults.map(({ line, column, message }) => `${line} ${column ?? '-'} ${message}`)
}

test('comma, semicolon and tab, with and without a byte order mark, say the same', () => {
  const expected = [{ line: 2, organisation: 'Science', tier: 'mu', project: 'chem', payment: 'prepaid', names: [] }]
  for (const separator of [',', ';', '\t']) {
    const text = `Organisation,Tier,Project,Payment\nScience,MU,chem,Prepaid\n`.replaceAll(',', separator)
    assert.deepEqual(rowsOf(text), expected)
    assert.deepEqual(rowsOf(`\ufeff${text.replaceAll('\n', '\r\n')}`), expected)
  }
})

test('a line may give only an organisation, or with a project, or with a person', () => {
  const rows = rowsOf('organisation,project,person\nA\nA,p\nA,p,somchai\n,,\n')
  assert.deepEqual(
    rows.map(({ line: _, names: __, ...said }) => said),
    [
      { organisation: 'A' },
      { organisation: 'A', project: 'p' },
      { organisation: 'A', project: 'p', person: 'somchai' },
    ],
  )
})

test('one party can have many names, for one source or for any', () => {
  const [row] = rowsOf('person,person_names\nsomchai,slurm:lab=sc01 | slurm:gpu = sc|schai\n')
  assert.deepEqual(row?.names, [
    { kind: 'person', source: 'slurm:lab', name: 'sc01' },
    { kind: 'person', source: 'slurm:gpu', name: 'sc' },
    { kind: 'person', source: '*', name: 'schai' },
  ])
})

test('every fault names its line and column and says what to do', () => {
  assert.deepEqual(
    faultsOf(
      [
        'organisation,tier,project,payment,person,email',
        'A,mu,p,cash,,',
        ',,q,,,',
        'A,no tier!,,,,',
        'A,,,,x,not-an-address',
        `${'x'.repeat(201)},,,,,`,
      ].join('\n'),
    ),
    [
      '2 payment “cash” is no way of payment. Write prepaid or postpaid.',
      '3 organisation is empty. Name the organisation that the project belongs to.',
      '4 tier “no tier!” is no tier. Use letters, digits, - and _, at most 40.',
      '5 email “not-an-address” is no e-mail address. Write it as name@example.org.',
      '6 organisation is longer than 200 characters. Shorten or correct it.',
    ],
  )
})

test('lines that contradict each other are refused, naming both', () => {
  assert.deepEqual(faultsOf('organisation,project\nA,p\nB,p\n'), [
    '3 organisation “p” has “A” in line 2 and “B” here. Keep one of the two.',
  ])
  assert.deepEqual(faultsOf('organisation,tier\nA,mu\nA,gov\n'), [
    '3 tier “A” has “mu” in line 2 and “gov” here. Keep one of the two.',
  ])
  assert.match(
    faultsOf('organisation,project,project_names\nA,p,slurm:x=n\nA,q,slurm:x=n\n')[0] as string,
    /^3 project_names “n” of slurm:x stands for “p” in line 2 and for “q” here/,
  )
})

test('a misspelt column is named, not passed over', () => {
  assert.match(faultsOf('organisation,teir\nA,mu\n')[0] as string, /^1 teir is no column\. Use: organisation, tier/)
})

test('an open quote, NUL bytes, too many cells and an empty file are refused with a remedy', () => {
  assert.match(faultsOf('organisation\n"A\n')[0] as string, /Quote a cell/)
  assert.match(faultsOf('organisation\nA\0\n')[0] as string, /NUL bytes/)
  assert.match(faultsOf('organisation,tier\nA,mu,x\n')[0] as string, /^2 - there are 3 cells and 2 columns/)
  assert.match(faultsOf('')[0] as string, /^1 - the file is empty/)
})

test('what is written for editing reads back the same, and no spreadsheet runs it', () => {
  const known = {
    organisations: [{ name: '=cmd()', tier: 'gov' }],
    projects: [{ name: 'a, "b"', organisation: '=cmd()', payment: 'prepaid' }],
    people: [
      { name: '+66', email: 'x@example.org' },
      { name: 'alone', email: null },
    ],
    providers: [{ name: 'lab' }],
    names: [
      { kind: 'person' as const, source: '*', name: '+66', party: '+66' },
      { kind: 'person' as const, source: 'slurm:lab', name: 'u66', party: '+66' },
    ],
    members: [{ project: 'a, "b"', person: '+66' }],
  }
  const text = sheetText(known)
  assert.ok(text.split('\r\n').every((line) => !/(^|,)"?[=+@-]/.test(line)))
  const gathered = gather(rowsOf(text))
  assert.ok(gathered.ok)
  assert.deepEqual([...gathered.value.organisations], [['=cmd()', { tier: 'gov' }]])
  assert.deepEqual([...gathered.value.projects], [['a, "b"', { organisation: '=cmd()', payment: 'prepaid' }]])
  assert.deepEqual([...gathered.value.people.keys()], ['+66', 'alone'])
  assert.deepEqual([...gathered.value.providers], ['lab'])
  assert.equal(gathered.value.names.get('person\0slurm:lab\0u66')?.party, '+66')
  assert.equal(gathered.value.members.size, 1)
})
