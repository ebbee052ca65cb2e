import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { slurmDump } from '../../bench/slurm-dump.ts'
import { fixture, readSlurm } from '../../test/slurm.ts'
import { readAgain } from './again-stream.ts'
import { readJobs } from './stream.ts'

const text = fixture('real/sacct/all-fields-duplicates.psv')
const json = fixture('real/sacct/all.json')
const facts = async (input: Buffer, chunkSize?: number) =>
  (await readSlurm(input, chunkSize === undefined ? {} : { chunkSize })).facts

test('how the bytes arrive changes nothing', async () => {
  const [fromText, fromJson] = [await facts(text), await facts(json)]
  for (const size of [97, 4096]) {
    assert.deepEqual(await facts(text, size), fromText)
    assert.deepEqual(await facts(json, size), fromJson)
  }
  const compact = Buffer.from(JSON.stringify(JSON.parse(json.toString())))
  assert.deepEqual(await facts(compact), fromJson)
  const small = fixture('real/rest/slurmdb-job-odd-newline.json')
  assert.deepEqual(await facts(small, 1), await facts(small))
})

test('gzip is told by its bytes, in one member or several', async () => {
  const half = text.indexOf(10, text.length / 2) + 1
  const members = Buffer.concat([gzipSync(text.subarray(0, half)), gzipSync(text.subarray(half))])
  assert.deepEqual(await facts(gzipSync(text), 100), await facts(text))
  assert.deepEqual(await facts(members, 100), await facts(text))
  assert.deepEqual(await facts(gzipSync(json)), await facts(json))
})

test('a gzip file that ends in the middle gives what it has, then says how far it was read', async () => {
  const packed = gzipSync(Buffer.concat([...slurmDump({ jobs: 5000 })]))
  const seen: number[] = []
  const input = (async function* () {
    yield packed.subarray(0, packed.length / 2)
  })()
  const settings = { format: 'auto', zone: 'UTC', origin: '-', measuredAt: 0, pageSize: 100 } as const
  await assert.rejects(async () => {
    for await (const page of readJobs(input, settings)) seen.push(page.facts.length)
  }, /ends in the middle: \d+ bytes/)
  assert(seen.length > 10)
  assert((seen.at(-1) as number) > 0)
  const damaged = Buffer.from(packed)
  damaged.fill(7, 20_000, 20_100)
  await assert.rejects(readSlurm(damaged), /damaged/)
})

test('input that is no dump is refused, each in its own words', async () => {
  await assert.rejects(readSlurm(''), /empty/)
  await assert.rejects(readSlurm(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1])), /binary/)
  await assert.rejects(readSlurm(Buffer.from(`\uFEFFJobID|State\n`, 'utf16le')), /UTF-16/)
  const answer = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"jobs":[]}'
  for (const format of ['auto', 'json'] as const)
    await assert.rejects(readSlurm(answer, { format }), (error: Error & { remedy?: string }) => {
      assert.match(error.message, /begins with the headers of an HTTP answer/)
      return /without --include/.test(error.remedy ?? '')
    })
  await assert.rejects(readSlurm('[1,2]'), /list/)
  await assert.rejects(readSlurm('{"meta":{}}'), /no list of jobs/)
  await assert.rejects(readSlurm('{"jobs":[1]}'), /no job/)
  await assert.rejects(readSlurm('{"jobs":[]} and more'), /follows/)
  await assert.rejects(readSlurm('JobID|State', { format: 'json' }), /does not begin as JSON/)
  await assert.rejects(readSlurm('{"jobs":[{"job_id":1,"job_state":"RUNNING"}]}'), /controller/)
  const header = Buffer.from('JobIDRaw|Cluster|Account|State|Submit|Start|End|ElapsedRaw|AllocTRES\n')
  await assert.rejects(readSlurm(Buffer.alloc(17 << 20, 'x')), /line 1 is longer than 16 MiB/)
  await assert.rejects(readSlurm(Buffer.concat([Buffer.alloc(17 << 20, 'x'), header])), /line 1 is longer/)
})

test('a line that is too long waits with its beginning and its length, and the lines around it are read', async () => {
  const header = 'JobIDRaw|Cluster|Account|State|Submit|Start|End|ElapsedRaw|AllocTRES\n'
  const job = (id: number) => `${id}|site|physics|COMPLETED|1000|1060|1120|60|cpu=1`
  const broken = '9|site|physics|COMP\n'
  const long = Buffer.alloc((17 << 20) - 3, 'x')
  const text = Buffer.concat([Buffer.from(`${header}${job(1)}\n${broken}3|`), long, Buffer.from(`\n${job(2)}\n`)])
  for (const chunkSize of [1 << 16, 1 << 26]) {
    const { facts, bad } = await readSlurm(text, { chunkSize })
    assert.deepEqual(
      facts.map(({ externalId }) => externalId),
      ['site/1/1000', 'site/2/1000'],
    )
    assert.deepEqual(
      bad.map(({ line, raw }) => [line, raw.length]),
      [
        [3, broken.length - 1],
        [4, 64 << 10],
      ],
    )
    assert.equal(
      bad[1]?.reason,
      `the line has ${long.length + 2} bytes, which no row of a dump has; its beginning is kept`,
    )
    const [, cutOff] = bad
    assert(cutOff)
    const again = await readAgain({ ...cutOff, raw: job(4) }, undefined)
    assert.deepEqual(
      [again.facts.length, again.reason],
      [0, `only the beginning of its ${long.length + 2} characters was kept`],
    )
  }
  const [last] = (await readSlurm(text.subarray(0, -12 - job(2).length))).bad.slice(-1)
  assert.match(last?.reason ?? '', /^the line has \d+ bytes/)
})

test('JSON that is cut off says where, and what was read stays', async () => {
  const jobs = json.indexOf('"job_id": 1,')
  let seen = 0
  const input = (async function* () {
    yield json.subarray(0, jobs)
  })()
  await assert.rejects(async () => {
    const settings = { format: 'auto', zone: 'UTC', origin: '-', measuredAt: 0 } as const
    for await (const page of readJobs(input, settings)) seen += page.facts.length
  }, /the JSON ends in the middle of job 5/)
  assert.equal(seen, 4)
})

test('a byte order mark, several answers in a row and misleading keys and names are read', async () => {
  const one = fixture('real/rest/slurmdb-job-plain.json').toString()
  assert.equal((await readSlurm(`\uFEFF${one}${one}`)).facts.length, 2)
  const misleading = one.replace('"name": "plain"', '"name": "a\\"jobs\\": [{ \\\\"')
  assert.equal((await readSlurm(misleading)).facts.length, 1)
  assert.equal((await readSlurm('{"me\\"ta":{"jobs":[{"x":1}]},"jobs":null}')).jobs, 0)
})

test('an answer of slurmrestd with an error is no empty month, and one that found nothing is', async () => {
  await assert.rejects(readSlurm(fixture('real/rest/error-bad-time.json')), /9000/)
  await assert.rejects(readSlurm(fixture('real/rest/error-bad-token.txt')), { name: 'Refusal' })
  assert.deepEqual((await readSlurm(fixture('real/rest/slurmdb-job-unknown.json'))).facts, [])
  const late = JSON.stringify({ jobs: [], errors: [{ error_number: 7000, description: 'Unable to connect' }] })
  await assert.rejects(readSlurm(late), /7000 Unable to connect/)
})

test('a job that is no JSON, or lacks what it needs, goes to quarantine and the others are read', async () => {
  const { jobs } = JSON.parse(json.toString()) as { jobs: unknown[] }
  const good = JSON.stringify(jobs[0])
  const reading = await readSlurm(
    `{"jobs":[${good},\n{"a":01},\n{"job_id":5,"state":{"current":"ODD"}},\n${good}],"meta":{"jobs":[{}]}}`,
  )
  assert.equal(reading.facts.length, 2)
  assert.deepEqual(
    reading.bad.map(({ line }) => line),
    [2, 3],
  )
  assert.match(reading.bad[0]?.reason ?? '', /^job 2 is no JSON/)
  assert.match(reading.bad[1]?.reason ?? '', /state "ODD" is unknown/)
})

test('bytes that are no UTF-8, and NULs, are replaced and noted', async () => {
  const line = text.indexOf('--job-name=busy')
  const latin = Buffer.from(text)
  latin[line + 2] = 0xe9
  const reading = await readSlurm(latin)
  assert.equal(reading.facts.length, 57)
  assert.match(reading.notes.join(), /^line \d+: bytes that are no UTF-8/)
  latin[line + 2] = 0
  assert.equal((await readSlurm(latin)).facts.length, 57)
})

test('pages are as large as asked and count what was read', async () => {
  const input = Buffer.concat([...slurmDump({ jobs: 1000, seed: 5 })])
  const settings = { format: 'auto', zone: 'UTC', origin: 'x', measuredAt: 0, pageSize: 100 } as const
  const sizes: number[] = []
  let lines = 0
  let bytes = 0
  const source = (async function* () {
    yield input
  })()
  for await (const page of readJobs(source, settings)) {
    sizes.push(page.facts.length)
    lines += page.lines
    bytes += page.bytes
  }
  assert.equal(Math.max(...sizes), 100)
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    1000,
  )
  assert.equal(bytes, input.length)
  assert.equal(lines, input.toString().trim().split('\n').length)
})

test('the made-up dump tells the same as text and as JSON', async () => {
  const of = async (format: 'sacct' | 'json') =>
    (await readSlurm(Buffer.concat([...slurmDump({ jobs: 500, seed: 3, format })]))).facts
  const [fromText, fromJson] = [await of('sacct'), await of('json')]
  assert.deepEqual(
    fromText.map(({ externalId, quantities }) => [externalId, quantities]),
    fromJson.map(({ externalId, quantities }) => [externalId, quantities]),
  )
  const ids = fromText.map(({ externalId }) => externalId)
  assert.equal(new Set(ids).size, 475)
})
