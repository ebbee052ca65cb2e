import { strict as assert } from 'node:assert'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { begin, postgresOf } from '../bursar.ts'
import { assertRefused, dump, gzipped, Site } from './site.ts'

let site: Site
before(async () => {
  site = await Site.open()
})
after(() => site.close())

const header = (text: string) => text.slice(0, text.indexOf('\n') + 1)
const good = dump(40).toString()
const random = Buffer.from(Array.from({ length: 5000 }, (_, at) => ((at * 7919) % 251) + 1))

type Case = {
  readonly name: string
  readonly words: () => readonly string[]
  readonly says: RegExp
}

/** What is refused before anything of it was written. */
const untouched: readonly Case[] = [
  { name: 'a directory', words: () => [site.home], says: /bursar-faults-.* is a directory\.\nName the files in it/ },
  { name: 'a missing file', words: () => ['/no/such.psv'], says: /There is no file \/no\/such\.psv/ },
  {
    name: 'a missing file behind a good one',
    words: () => [site.file('good.psv', good), '/no/such.psv'],
    says: /There is no file \/no\/such\.psv/,
  },
  {
    name: 'a file that breaks when it is read',
    words: () => ['/proc/self/mem'],
    says: /\/proc\/self\/mem.* cannot be read/,
  },
  { name: 'an empty file', words: () => [site.file('empty.psv', '')], says: /empty\.psv: the input is empty/ },
  {
    name: 'a binary file',
    words: () => [site.file('core', Buffer.alloc(9000))],
    says: /core: the input is binary, neither text nor JSON/,
  },
  {
    name: 'bytes without a meaning',
    words: () => [site.file('random', random)],
    says: /random: .*header/,
  },
  {
    name: 'a header without needed fields',
    words: () => [site.file('thin.psv', 'JobID|State|Cluster\n1|COMPLETED|lab\n')],
    says: /thin\.psv: the header lacks what usage is made of: .*End.*\nrun .*sacct/,
  },
  {
    name: 'no header',
    words: () => [site.file('bare.psv', good.slice(header(good).length))],
    says: /bare\.psv: .*header/,
  },
  {
    name: 'sacct for people',
    words: () => [site.file('wide.txt', 'JobID           JobName  Partition\n------------ ---------- ----------\n')],
    says: /wide\.txt: this is sacct output in columns for people/,
  },
  {
    name: 'JSON of something else',
    words: () => [site.file('other.json', '{"paths":{},"info":{"title":"x"}}')],
    says: /other\.json: the JSON has no list of jobs/,
  },
]

for (const { name, words, says } of untouched) {
  test(`${name} is refused, and nothing is written`, async () => {
    const before = await site.traces()
    assertRefused(await site.run(['ingest', 'slurm', ...words()]), says)
    assert.deepEqual(await site.traces(), before)
  })
}

test('a file that this user may not read is refused', async () => {
  // Root may read everything: then somebody else asks, with a data directory of their own.
  const nobody = process.getuid?.() === 0 ? 65_534 : undefined
  const path = site.file('secret.psv', good)
  chmodSync(path, 0)
  const data = join(site.home, 'own')
  mkdirSync(data)
  if (nobody !== undefined) chownSync(data, nobody, nobody)
  const running = begin(['ingest', 'slurm', path, '--data', data], {}, nobody)
  assertRefused(await running.ended, /secret\.psv.* cannot be read \(EACCES\)/)
  assert.deepEqual(postgresOf(data), [])
})

/** What turns out to be broken on the way: what came before is kept whole, and is not read twice. */
const broken: readonly (Case & { readonly mended: () => string })[] = [
  {
    name: 'a gzip file that was cut off',
    words: () => [site.file('cut.gz', gzipped(3000).subarray(0, 60_000))],
    says: /cut\.gz: the gzip file ends in the middle: \d+ bytes could be unpacked/,
    mended: () => site.file('whole.gz', gzipped(3000)),
  },
  {
    name: 'a gzip file that is damaged',
    words: () => {
      const bytes = gzipped(3200)
      bytes.fill(0x55, 40_000, 40_100)
      return [site.file('bad.gz', bytes)]
    },
    says: /bad\.gz: the gzip file is damaged after \d+ unpacked bytes/,
    mended: () => site.file('good.gz', gzipped(3200)),
  },
  {
    name: 'JSON that was cut off',
    words: () => {
      const text = good.split('\n')
      return [site.file('half.json', `{"jobs":[${JSON.stringify({ job_id: text.length })},{"job_id":`)]
    },
    says: /half\.json: the JSON ends /,
    mended: () => site.file('fine.psv', good),
  },
]

for (const { name, words, says, mended } of broken) {
  test(`${name} is refused, what came before it is whole, and the mended file does the rest`, async () => {
    assertRefused(await site.run(['ingest', 'slurm', ...words()]), says)
    await site.verify()
    const file = mended()
    assert.equal((await site.run(['ingest', 'slurm', file])).code, 0)
    const again = await site.run(['ingest', 'slurm', file, '--json'])
    assert.equal((JSON.parse(again.out) as { recorded: number }).recorded, 0)
    await site.verify()
  })
}

test('a line of 100 MB goes to quarantine, and the rows on both sides of it are read', async () => {
  const text = dump(4000)
  const half = text.indexOf(10, text.length / 2) + 1
  const long = Buffer.concat([Buffer.alloc(100 << 20, 'x'), Buffer.from('\n')])
  const file = site.file('long.psv', Buffer.concat([text.subarray(0, half), long, text.subarray(half)]))
  const { code, out } = await site.run(['ingest', 'slurm', file, '--json'])
  assert.deepEqual([code, (JSON.parse(out) as { quarantined: number }).quarantined], [0, 1])
  assert.match(
    (await site.run(['quarantine', 'list', '--limit', '1000'])).out,
    /the line has 104,?857,?600 bytes, which no row of a dump has/,
  )
  await site.verify()
  const again = await site.run(['ingest', 'slurm', site.file('short.psv', text), '--json'])
  assert.equal((JSON.parse(again.out) as { recorded: number }).recorded, 0)
})

test('with --json a refusal is a document too', async () => {
  const { code, out, err } = await site.run(['ingest', 'slurm', '/no/such.psv', '--json'])
  assert.equal(code, 1)
  const { error } = JSON.parse(out) as { error: { message: string; remedy: string } }
  assert.match(error.message, /no\/such/)
  assert.notEqual(error.remedy, '')
  assert.match(err, /no\/such/)
})
