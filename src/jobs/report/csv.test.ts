import { strict as assert } from 'node:assert'
import { after, test } from 'node:test'
import { csvLine } from './csv.ts'
import { openReports } from './testing.ts'

const scene = await openReports({ after })
const { lab, project, user, at } = scene

const head =
  'job_id,vlab_id,proj_id,user_id,name,group_id,type,subtype,reserved_at,started_at,finished_at,cancelled_at,amount,' +
  'reserved_amount,count,reserved_count,duration,reserved_duration,size'

test('200: a report as CSV has a line for each job, whatever the page, also where it is only accepted', async () => {
  const one = await scene.oneshot({ name: '=1+1' })
  await scene.used(one, 5, at)
  const two = await scene.longrun({ name: 'said "so", twice' })
  await scene.told(two, 'started', at + 1)
  await scene.told(two, 'finished', at + 61)
  const { status, headers, text } = await scene.ask('GET', `/report/project/${project}?format=csv&page_size=1`)
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8')
  assert.equal(headers.get('content-disposition'), `attachment; filename="jobs-of-${project}.csv"`)
  const lines = text.split('\r\n')
  const reserved = lines.map((line) => /\d{4}-\d\d-\d\dT[^,]*/.exec(line)?.[0])
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '')
  const longrun = `longrun,notebook,${reserved[1]},${time(at + 1)},${time(at + 61)},,2.1,2.7,,,60,300,`
  assert.deepEqual(lines, [
    head,
    `${two},${lab},${project},${user},"said ""so"", twice",,${longrun}`,
    `${one},${lab},${project},${user},'=1+1,,oneshot,ml-llm,${reserved[2]},${time(at)},,,0.55,1.5,5,100,,,`,
    '',
  ])
  const accepting = { accept: 'application/xml;q=0.1, text/csv;q=0.9' }
  assert.equal((await scene.ask('GET', `/report/project/${project}`, undefined, accepting)).text, text)
  const json = await scene.ask('GET', `/report/project/${project}?format=JSON`, undefined, accepting)
  assert.equal((json.body as { data: { items: unknown[] } }).data.items.length, 2)
  const onlyLongruns = await scene.ask('GET', `/report/system?format=csv&type=longrun`)
  assert.equal(onlyLongruns.text, `${[lines[0], lines[1]].join('\r\n')}\r\n`)
  assert.equal((await scene.ask('GET', `/report/virtual-lab/${lab}?format=csv&type=storage`)).text, `${head}\r\n`)
})

test('200: of more jobs than are read at once, many of them of one second, CSV has each once and in order', async () => {
  const { pool } = scene.house.database
  const client = await pool.connect()
  try {
    await client.query('begin read write')
    await client.query(
      `insert into jobs.jobs (id, type, subtype, project, vlab, reservations, reserved_at, reserved_amount, price,
                              started_at, alive_at, finished_at, running)
       select gen_random_uuid(), 'oneshot', 'ml-rag', $1, $2, '{}', at, 0, 1, at, at, at, 0
         from (select timestamptz '2026-01-01' + (n / 3000) * interval '1 second' as at
                 from generate_series(1, 7000) as n) as made`,
      [project, lab],
    )
    await client.query('commit')
  } finally {
    client.release()
  }
  const { text } = await scene.ask('GET', `/report/project/${project}?format=csv&subtype=ml-rag`)
  const found = text.split('\r\n').slice(1, -1)
  const { rows } = await pool.query<{ id: string }>(
    `select id from jobs.jobs where subtype = 'ml-rag' order by started_at desc, id`,
  )
  assert.equal(rows.length, 7000)
  assert.deepEqual(
    found.map((line) => line.slice(0, 36)),
    rows.map(({ id }) => id),
  )
})

test('a cell that a spreadsheet would run is told to be text, and one with a line end is quoted', () => {
  const cellOf = (name: string) => csvLine({ name }).split(',').slice(4, -14).join(',')
  assert.deepEqual(['@x', '+1', '-1', '=1', '\tx', '\rx', 'a\nb', 'a,b', '"', ''].map(cellOf), [
    "'@x",
    "'+1",
    "'-1",
    "'=1",
    "'\tx",
    '"\'\rx"',
    '"a\nb"',
    '"a,b"',
    '""""',
    '',
  ])
})
