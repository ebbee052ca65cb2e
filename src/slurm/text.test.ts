import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { fixture, readSlurm } from '../../test/slurm.ts'
import { layoutOf } from './layout.ts'
import { sacctCall } from './sacct.ts'

const header =
  'JobIDRaw|Cluster|Account|User|JobName|State|Submit|Start|End|ElapsedRaw|AllocTRES|TotalCPU|AveRSS|NTasks'
const when = '1000|1060|1120|60|cpu=2,mem=1G,node=1'
const row = (id: number, name = 'run', cpu = '00:30.000') =>
  `${id}|site|physics|alice|${name}|COMPLETED|${when}|${cpu}||`
const step = (id: number, name: string, cpu = '00:15.000') =>
  `${id}.${name}|site|physics||${name}|COMPLETED|${when}|${cpu}|1024K|1`
const dump = (...rows: string[]) => `${[header, ...rows].join('\n')}\n`
const idsOf = ({ facts }: { facts: { externalId: string }[] }) =>
  facts.map(({ externalId }) => externalId.split('/')[1])

test('the order of columns, CR LF, a byte order mark and a last delimiter change nothing', async () => {
  const plain = await readSlurm(dump(row(1), row(2)))
  assert.equal(plain.facts.length, 2)
  const reversed = dump(row(1), row(2))
    .trim()
    .split('\n')
    .map((line) => `${line.split('|').reverse().join('|')}\n`)
    .join('')
  const forms = [
    reversed,
    dump(row(1), row(2)).replaceAll('\n', '\r\n'),
    `\uFEFF${dump(row(1), row(2))}`,
    dump(row(1), row(2)).replaceAll('\n', '|\n'),
    dump(row(1), row(2)).replaceAll('|', '\x1f'),
    dump(row(1), row(2)).replaceAll('|', '::'),
    dump(row(1), row(2)).replaceAll('|', '\t'),
    dump(row(1), row(2), header, row(3)).replace(`${row(3)}\n`, ''),
  ]
  for (const form of forms) {
    const { facts, bad } = await readSlurm(form)
    assert.deepEqual(bad, [])
    const withoutRaw = (given: typeof facts) => given.map(({ raw: _, ...rest }) => rest)
    assert.deepEqual(withoutRaw(facts), withoutRaw(plain.facts))
  }
})

test('one bad row goes to quarantine with its line and reason, and the file goes on', async () => {
  const bad = row(2).replace('COMPLETED', 'EXPLODED')
  const reading = await readSlurm(dump(row(1), bad, row(3), row(4).replace('cpu=2', 'cpu=16?'), row(5)))
  assert.deepEqual(idsOf(reading), ['1', '3', '5'])
  assert.deepEqual(
    reading.bad.map(({ source, origin, line, reason, raw }) => ({ source, origin, line, reason, raw })),
    [
      { source: 'slurm:site', origin: '-', line: 3, reason: 'State "EXPLODED" is unknown', raw: bad },
      {
        source: 'slurm:site',
        origin: '-',
        line: 5,
        reason: 'AllocTRES "cpu=16?,mem=1G,node=1" cannot be read',
        raw: row(4).replace('cpu=2', 'cpu=16?'),
      },
    ],
  )
})

test('every column of the recommended call is read, and a dump that was asked for otherwise is told that call', async () => {
  const columns = sacctCall.split('--format=')[1]?.split(',') ?? []
  assert.deepEqual(
    layoutOf(columns.join('|'), undefined).names,
    Object.keys(layoutOf(columns.join('|'), undefined).columns),
  )
  const [lacks, padded] = ['JobID|State|Cluster\n', 'JobID   State   Account\n------- ------- -------\n']
  for (const text of [lacks, padded, `${row(1)}\n`]) {
    await assert.rejects(
      readSlurm(text),
      (error: Error & { remedy?: string }) => error.remedy?.includes(sacctCall) === true,
    )
  }
})

test('a row whose allocation names one thing twice waits, and so does such a job in JSON', async () => {
  const [bad] = (await readSlurm(dump(row(1).replace('cpu=2', 'cpu=2,cpu=2')))).bad
  assert.equal(bad?.reason, 'AllocTRES "cpu=2,cpu=2,mem=1G,node=1" names cpu twice')
  const cpu = { type: 'cpu', name: null, id: 1, count: 2 }
  const job = {
    job_id: 1,
    cluster: 'site',
    account: 'physics',
    state: { current: 'COMPLETED' },
    tres: { allocated: [cpu, cpu] },
  }
  const time = { submission: 1000, start: 1060, end: 1120, elapsed: 60 }
  const json = await readSlurm(JSON.stringify({ jobs: [{ ...job, time }] }))
  assert.deepEqual([json.facts.length, json.bad[0]?.reason], [0, 'its tres names cpu twice'])
})

test('a job that has ended without an End waits, in JSON too, and one that runs accrues', async () => {
  const unended = row(1).replace('|1120|', '|Unknown|')
  const { facts, bad } = await readSlurm(
    dump(unended, unended.replace('1|site', '2|site').replace('COMPLETED', 'RUNNING')),
  )
  assert.deepEqual(
    facts.map(({ externalId, final }) => [externalId.split('/')[1], final]),
    [['2', false]],
  )
  assert.equal(bad[0]?.reason, 'it is COMPLETED and has no End: read it again once Slurm says when it ended')
  const time = { submission: 1000, start: 1060, end: 0, elapsed: 60 }
  const job = { job_id: 1, cluster: 'site', account: 'physics', state: { current: 'COMPLETED' }, time }
  const json = await readSlurm(JSON.stringify({ jobs: [job] }))
  assert.deepEqual([json.facts.length, json.bad[0]?.reason], [0, bad[0]?.reason])
  await assert.rejects(readSlurm(dump(row(1)).replace('|End|', '|Ended|')), /the header lacks .*: End$/)
})

test('each column that makes no sense is named', async () => {
  const reasons = async (from: string, to: string) => (await readSlurm(dump(row(1).replace(from, to)))).bad[0]?.reason
  assert.match((await reasons('|1000|', '|soon|')) ?? '', /^Submit "soon" is no time/)
  assert.match((await reasons('|1120|', '|later|')) ?? '', /^End "later" is no time/)
  assert.match((await reasons('|60|', '|sixty|')) ?? '', /^Elapsed "sixty" is no duration/)
  assert.match((await reasons('1|site', 'one|site')) ?? '', /^JobID "one" is no job id/)
  assert.match((await reasons('|site|', '||')) ?? '', /^Cluster is empty/)
  assert.match((await reasons('|1120|', '|1000|')) ?? '', /^it ends before it starts/)
  assert.match((await reasons('physics|alice', '|')) ?? '', /^it has no account/)
  assert.match((await reasons('physics|alice', '|alice')) ?? '', /^it has no account/)
})

test('a name with pipes and newlines is put together again, over blocks of any size', async () => {
  const name = 'one|two\nthree|\n\nfour\nfive|six'
  const text = dump(row(1), step(1, 'batch'), row(2, name), step(2, 'batch'), row(3))
  for (const chunkSize of [1, 7, 64, 65_536]) {
    const reading = await readSlurm(text, { chunkSize })
    assert.deepEqual(idsOf(reading), ['1', '2', '3'])
    assert.deepEqual(reading.bad, [])
    assert.equal(reading.facts[1]?.raw, row(2, name))
  }
})

test('a row that cannot be told is one quarantined row, and the rows behind it are read', async () => {
  const cut = row(2).slice(0, 18)
  const good = Array.from({ length: 20 }, (_, index) => row(index + 3))
  const reading = await readSlurm(dump(row(1), cut, ...good))
  assert.deepEqual(idsOf(reading), ['1', ...good.map((_, index) => String(index + 3))])
  assert.deepEqual(
    reading.bad.map(({ line, raw }) => [line, raw]),
    [[3, cut]],
  )
})

test('a row before one with newlines in its name, or before one that was cut off, is read', async () => {
  const reading = await readSlurm(
    dump(row(1), row(2, 'one\ntwo|three'), row(3), row(4, 'a|b'), row(5).slice(0, 18), row(6)),
  )
  assert.deepEqual(idsOf(reading), ['1', '2', '3', '4', '6'])
  assert.equal(reading.bad.length, 1)
})

test('newlines in a name that stands last are read as what they are', async () => {
  const last = 'JobIDRaw|Cluster|Account|State|Submit|Start|End|ElapsedRaw|AllocTRES|JobName'
  const job = (id: number, name: string) => `${id}|site|physics|COMPLETED|1000|1060|1120|60|cpu=1|${name}`
  const reading = await readSlurm(`${last}\n${job(1, 'one\ntwo|x\n\nthree')}\n${job(2, 'run\n')}\n${job(3, 'a\nb')}\n`)
  assert.deepEqual(idsOf(reading), ['1', '2', '3'])
  assert.deepEqual(reading.bad, [])
})

test('where pipes in a name can be read in two ways, the row goes to quarantine', async () => {
  const two = 'JobIDRaw|Cluster|JobName|Account|Comment|State|Submit|Start|End|ElapsedRaw|AllocTRES'
  const reading = await readSlurm(`${two}\n5|site|a|b|c|d|COMPLETED|${when}\n`)
  assert.deepEqual(reading.facts, [])
  assert.equal(reading.bad.length, 1)
})

test('steps are folded into the job before them, and strayed ones are counted and charge nothing', async () => {
  const whole = await readSlurm(dump(row(1), step(1, 'batch'), step(1, '0'), row(2)))
  assert.equal(whole.facts[0]?.quantities['memory_used_byte_seconds'], String(2 * 2 ** 20 * 60))
  const shuffled = await readSlurm(dump(step(1, '0'), row(2), step(1, 'batch'), row(1)))
  assert.equal(shuffled.strayed, 2)
  assert.deepEqual(shuffled.bad, [])
  assert.deepEqual(idsOf(shuffled), ['2', '1'])
  assert.equal(shuffled.facts[1]?.quantities['cpu_used_seconds'], '30')
})

test('a job whose steps are not all there says nothing about used memory, instead of too little', async () => {
  const reading = await readSlurm(dump(row(1), step(1, 'batch'), row(2), step(1, '0')))
  assert.equal(reading.facts[0]?.quantities['memory_used_byte_seconds'], undefined)
  const cutOff = await readSlurm(
    dump(row(1), step(1, 'batch', '00:29.999'), step(1, 'extern', '00:00.001'), row(2), step(2, 'batch', '00:29.999')),
  )
  assert.notEqual(cutOff.facts[0]?.quantities['memory_used_byte_seconds'], undefined)
  assert.equal(cutOff.facts[1]?.quantities['memory_used_byte_seconds'], undefined)
})

test('shuffling all rows changes no fact that it does not make less known', async () => {
  const lines = fixture('real/sacct/billing.psv').toString().trim().split('\n')
  const straight = await readSlurm(`${lines.join('\n')}\n`)
  const mixed = await readSlurm(`${[lines[0], ...lines.slice(1).reverse()].join('\n')}\n`)
  const sorted = (reading: typeof straight) => [...reading.facts].sort((a, b) => (a.externalId < b.externalId ? -1 : 1))
  assert.deepEqual(sorted(mixed), sorted(straight))
})

test('shuffled steps make less known, and nothing wrong', async () => {
  const [top, ...lines] = fixture('real/sacct/all-fields-duplicates.psv').toString().trim().split('\n')
  const rows = lines.filter((line) => line.split('|').length === 109)
  const straight = new Map(
    (await readSlurm(`${[top, ...rows].join('\n')}\n`)).facts.map((fact) => [fact.externalId, fact]),
  )
  for (let seed = 1; seed <= 20; seed++) {
    const mixed = rows.map((line, index) => ({ line, at: (index * 7919 * seed + seed) % 10_007 }))
    mixed.sort((one, other) => one.at - other.at)
    const reading = await readSlurm(`${[top, ...mixed.map(({ line }) => line)].join('\n')}\n`)
    assert.deepEqual(reading.bad, [])
    assert.equal(reading.facts.length, straight.size)
    for (const { externalId, quantities, dimensions } of reading.facts) {
      const known = straight.get(externalId)
      assert.deepEqual(dimensions, known?.dimensions)
      for (const [meter, quantity] of Object.entries(quantities))
        assert.equal(quantity, known?.quantities[meter], meter)
    }
  }
})

test('a runaway job is left out and named', async () => {
  const runaway = row(7).replace('COMPLETED', 'PENDING').replace('|1120|', '|Unknown|')
  const reading = await readSlurm(
    dump(runaway, row(8).replace('COMPLETED', 'PENDING').replace('1060|1120|60', 'Unknown|Unknown|0')),
  )
  assert.equal(reading.pending, 2)
  assert.deepEqual(reading.bad, [])
  assert.match(reading.notes.join(), /job 7 .*runawayjobs/)
})

test('two clusters and a reused id are told apart', async () => {
  const reused = row(1).replace('1000|1060|1120', '9000|9060|9120')
  const { facts } = await readSlurm(dump(row(1), row(1).replace('site', 'other'), reused))
  assert.equal(new Set(facts.map(({ source, externalId }) => source + externalId)).size, 3)
  assert.deepEqual(
    facts.map(({ externalId }) => externalId),
    ['site/1/1000', 'other/1/1000', 'site/1/9000'],
  )
})

test('a header that lacks something says what, and which call has it', async () => {
  const refused = (text: string) => assert.rejects(readSlurm(text), { name: 'Refusal' })
  await assert.rejects(readSlurm(`JobID|State|Account\n1|COMPLETED|x\n`), /lacks .*ElapsedRaw, End, AllocTRES/)
  await assert.rejects(readSlurm(dump(row(1)).replaceAll('|site|', '|').replace('|Cluster|', '|')), /no Cluster/)
  await assert.rejects(readSlurm(`${row(1)}\n${row(2)}\n`), /no header/)
  await assert.rejects(
    readSlurm('JobID           State    Elapsed\n--------- ------\n1 COMPLETED\n'),
    /columns for people/,
  )
  await refused('hello\n')
  await assert.rejects(
    readSlurm(dump(...Array.from({ length: 30 }, (_, index) => row(index).replaceAll('|', ';')))),
    /not one row has the 14 values/,
  )
  const named = await readSlurm(dump(row(1)).replaceAll('|site|', '|').replace('|Cluster|', '|'), { cluster: 'site' })
  assert.equal(named.facts[0]?.source, 'slurm:site')
})

test('a job that claims to have run for longer than from its start to its end is a bad row', async () => {
  const header =
    'JobIDRaw|JobID|Cluster|Account|User|Partition|State|Submit|Start|End|ElapsedRaw|AllocTRES|AllocNodes\n'
  const row = '19|19|lab|physics|alice|cpu|COMPLETED|1795000000|1795000010|1795003610|7200|cpu=4,mem=1G,node=1|1\n'
  const { facts, bad } = await readSlurm(header + row)
  assert.equal(facts.length, 0)
  assert.match(bad[0]?.reason ?? '', /Elapsed, 7200 s, is longer than the 3600 s/)
})
