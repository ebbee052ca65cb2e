import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { readSlurm } from '../../test/slurm.ts'
import { readAgain } from './again-stream.ts'

const header =
  'JobIDRaw|Cluster|Account|User|JobName|State|Submit|Start|End|ElapsedRaw|AllocTRES|TotalCPU|AveRSS|NTasks'
const when = '1000|1060|1120|60|cpu=2,mem=1G,node=1'
const row = (id: number, name = 'run') => `${id}|site|physics|alice|${name}|COMPLETED|${when}|00:30.000||`
const dump = (...rows: string[]) => `${[header, ...rows].join('\n')}\n`
const idsOf = ({ facts }: { facts: { externalId: string }[] }) =>
  facts.map(({ externalId }) => externalId.split('/')[1])

test('a name that begins another row charges nobody else: its row and the one that it makes wait together', async () => {
  const good = Array.from({ length: 20 }, (_, index) => row(index + 3))
  for (const name of ['x\n9|site|victim|bob|y', 'x\n\ny|z\n9|site|victim|bob|', '\n9|site|victim|bob|y|']) {
    const reading = await readSlurm(dump(row(1), row(2, name), ...good))
    assert.deepEqual(idsOf(reading), ['1', ...good.map((_, index) => String(index + 3))])
    assert.deepEqual(
      reading.bad.map(({ line, raw }) => [line, raw]),
      [[3, row(2, name)]],
    )
    const [bad] = reading.bad
    assert.deepEqual((await readAgain({ ...(bad as NonNullable<typeof bad>), origin: '-' }, undefined)).facts, [])
  }
  // A row that was cut off behind its name cannot be told from one.
  const cut = row(2).slice(0, 25)
  const reading = await readSlurm(dump(row(1), cut, ...good))
  assert.deepEqual(idsOf(reading), ['1', ...good.slice(1).map((_, index) => String(index + 4))])
  assert.deepEqual([reading.bad.length, reading.bad[0]?.raw], [1, `${cut}\n${row(3)}`])
})

test('the rest of a row is no row because a name gave it as many values', async () => {
  for (const padding of ['||||', ' ||||', 'x|y|z||']) {
    const reading = await readSlurm(dump(row(1), row(2, rest(`\n${padding}`)), row(3), row(4)))
    assert.deepEqual([padding, ...idsOf(reading)], [padding, '1', '3', '4'])
    assert.deepEqual([reading.bad.length, reading.bad[0]?.raw], [1, row(2, rest(`\n${padding}`))])
  }
})

test('with two columns for names, what may be one row in several ways waits as well', async () => {
  const two = 'JobIDRaw|Cluster|Comment|Account|State|Submit|Start|End|JobName|ElapsedRaw|AllocTRES'
  const job = (id: number, comment: string, name = 'run') =>
    `${id}|site|${comment}|physics|COMPLETED|1000|1060|1120|${name}|60|cpu=1`
  const forged = 'x\n9|site||victim|COMPLETED|1000|1060|1120|y'
  const reading = await readSlurm(`${two}\n${job(1, '')}\n${job(2, 'a\n', forged)}\n${job(3, 'b')}\n`)
  assert.deepEqual(idsOf(reading), ['1', '3'])
  assert.equal(reading.bad.length, 1)
})

test('a row written into a job name charges nobody', async () => {
  const forged = row(666).replace('physics', 'victim')
  const reading = await readSlurm(dump(row(1), row(2, `x\n${forged}\ny`), row(3), row(4)))
  assert.deepEqual(idsOf(reading), ['1', '3', '4'])
  assert.equal(reading.bad.length, 1)
  assert.match(reading.bad[0]?.reason ?? '', /written to look like rows/)
})

/** What a job name makes of its row, where the name ends the row's first line with the rest of another. */
const rest = (name: string) => `evil|COMPLETED|1000|1060|1061|1|cpu=1,mem=1G,node=1|00:00.100||${name}`
const csv = (text: string) => text.replaceAll('|', ',').replaceAll(/cpu=(\d+),mem=1G,node=1/g, '"cpu=$1,mem=1G,node=1"')

test('a name that ends its row with values of its own charges nobody, and only the row before it waits', async () => {
  for (const more of ['', '\nx', '\nx'.repeat(20), '\n'.repeat(200), `\nx\n${row(666).replace('cpu=2', 'cpu=64')}`]) {
    const text = dump(row(1), row(2, rest(`${more}\nz`)), row(3), row(4))
    for (const form of [text, csv(text)]) {
      const reading = await readSlurm(form)
      assert.deepEqual(idsOf(reading), ['1', '3', '4'])
      for (const { raw } of reading.bad) assert.doesNotMatch(raw, /^[134][|,]/)
      const [bad] = reading.bad
      assert(bad)
      assert.match(bad.raw, /^2[|,]site/)
      const again = await readAgain({ ...bad, origin: '-' }, undefined)
      assert.equal(again.facts.length, 0)
    }
  }
  const atTheEnd = await readSlurm(dump(row(1), row(2, rest('\nz'))))
  assert.deepEqual([idsOf(atTheEnd), atTheEnd.bad.length], [['1'], 1])
})
