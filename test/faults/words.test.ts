import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { assertRefused, dump, Site } from './site.ts'

let site: Site
before(async () => {
  site = await Site.open()
  assert.equal((await site.run(['ingest', 'slurm', site.file('dump.psv', dump(50))])).code, 0)
})
after(() => site.close())

const price = (quantity: string, more = '') =>
  `prices:\n  - { service: slurm, component: extra, from: 2026-01-01, ${more}currency: THB, quantity: "${quantity}", flat: { price: 1 } }\n`

type Case = {
  readonly name: string
  readonly words: () => readonly string[]
  readonly says: RegExp
  readonly exit?: number
}

const file = (name: string, text: string) => site.file(name, text)

const cases: readonly Case[] = [
  {
    name: 'a project that nobody knows',
    words: () => ['statement', '--project', 'no-such-project'],
    says: /There is no project “no-such-project”\.\nbursar parties list/,
  },
  { name: 'a job that nobody knows', words: () => ['explain', '999999999'], says: /999999999.*\n.+/ },
  { name: 'a charge that nobody knows', words: () => ['explain', 'chg_1'], says: /chg_1.*\n.+/ },
  { name: 'a price version that nobody knows', words: () => ['prices', 'show', 'prv_77'], says: /prv_77.*\n.+/ },
  {
    name: 'a price with a mistake in its formula',
    words: () => ['prices', 'set', file('caret.yaml', price('cpu_core_seconds * (2 + '))],
    says: /caret\.yaml.*\n(.*\n)*.*cpu_core_seconds \* \(2 \+ *\n *\^/,
  },
  {
    name: 'a price that divides by a meter',
    words: () => ['prices', 'set', file('divide.yaml', price('1 / cpu_core_seconds'))],
    says: /1 \/ cpu_core_seconds\n *\^/,
  },
  {
    name: 'a price of a meter that does not exist',
    words: () => ['prices', 'set', file('meter.yaml', price('cpu_core_second'))],
    says: /cpu_core_second\b.*cpu_core_seconds/s,
  },
  {
    name: 'two prices for one time',
    words: () => {
      const twice = price('gpu_seconds', 'to: 2026-06-01, ') + price('gpu_seconds', '').replace('prices:\n', '')
      return ['prices', 'set', file('overlap.yaml', twice.replace(/2026-01-01(?![^]*2026-01-01)/, '2026-03-01'))]
    },
    says: /overlap/,
  },
  {
    name: 'a price file that is none',
    words: () => ['prices', 'set', file('dump.yaml', '- 1\n- 2\n')],
    says: /dump\.yaml/,
  },
  { name: 'a price file that is not there', words: () => ['prices', 'set', '/no/such.yaml'], says: /\/no\/such\.yaml/ },
  { name: 'a command that does not exist', words: () => ['ingets'], says: /unknown command 'ingets'/, exit: 2 },
  { name: 'no file', words: () => ['ingest', 'slurm'], says: /missing required argument 'file'/, exit: 2 },
  { name: 'a flag that does not exist', words: () => ['prices', 'list', '--al'], says: /--al/, exit: 2 },
  { name: 'no project', words: () => ['statement'], says: /--project/, exit: 2 },
  { name: 'a format that does not exist', words: () => ingest('--format', 'xml'), says: /--format xml/, exit: 2 },
  { name: 'a zone that does not exist', words: () => ingest('--zone', 'Asia/Bankok'), says: /Asia\/Bankok/, exit: 2 },
  {
    name: 'a day that does not exist',
    words: () => ingest('--charge-from', '2026-02-30'),
    says: /--charge-from 2026-02-30/,
    exit: 2,
  },
  {
    name: 'a range that ends before it begins',
    words: () => ['statement', '--project', 'acc67', '--from', '2026-10-01', '--to', '2026-09-01'],
    says: /2026-09-01|--to/,
    exit: 2,
  },
]

function ingest(...flags: readonly string[]): string[] {
  return ['ingest', 'slurm', file('again.psv', dump(60).toString()), ...flags]
}

for (const { name, words, says, exit = 1 } of cases) {
  test(`${name} is refused with ${exit}, and nothing is written`, async () => {
    const before = await site.traces()
    assertRefused(await site.run(words()), says, exit)
    assert.deepEqual(await site.traces(), before)
  })
}

test('after all of it the books are proved', () => site.verify())
