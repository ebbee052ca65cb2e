import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { copyIn, frameHead } from './copy.ts'
import { BinaryRows } from './copy-binary.ts'
import { timestampText } from './copy-text.ts'
import { freshDatabase } from './testing.ts'

const nine = (nanos: bigint): string => {
  const digits = (nanos < 0n ? -nanos : nanos).toString().padStart(10, '0')
  return `${nanos < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`
}

/** Around every power of ten, and where numbers of JavaScript stop being exact. */
const amounts = Array.from({ length: 29 }, (_, power) => 10n ** BigInt(power)).flatMap((power) => [
  power - 1n,
  power,
  power + 1n,
  -power,
  power * 9n + 123_456_789n,
])
const edges = [0n, 2n ** 53n - 2n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n)]
const moments = [0, 1, -1, 946_684_799_999, 946_684_800_000, 1_795_000_000_123, Date.UTC(9998, 11, 31)]
const id = '3f0c6a3e-0000-4e8a-9f5f-fffefdfc0001'
const texts = ['', 'x', 'grün', '\u{1f680}', '\\n\t"', 'a'.repeat(39) + 'é', 'long '.repeat(30_000)]

test('what is written in the binary format is what the text of it says', async (t) => {
  const fresh = await freshDatabase()
  const client = await fresh.database.pool.connect()
  t.after(() => {
    client.release(true)
    return fresh.drop()
  })
  await client.query(`begin read write; create temp table kinds (n bigint, i integer, s smallint, b boolean, x bytea,
    money numeric(38,9), at timestamptz, day date, u uuid, us uuid[], words text, none text) on commit drop`)
  const out = new BinaryRows()
  const wanted = [...amounts, ...edges].map((nanos, place) => {
    const at = moments[place % moments.length] as number
    const words = texts[place % texts.length] as string
    out
      .row(12)
      .bigint(nanos % 2n ** 62n)
      .integer(1 - place)
      .smallint(place)
      .boolean(place % 2 === 0)
      .bytes('00ff7e')
    out
      .money(nanos)
      .time(at)
      .date('2026-11-01')
      .uuid(id)
      .uuids([id, id].slice(place % 3))
      .text(words)
      .text(null)
    return [nine(nanos), timestampText(at), words, String(nanos % 2n ** 62n), 1 - place]
  })
  const [written] = await copyIn(client, [
    { text: 'copy kinds from stdin (format binary)', frames: [...out.taken(), out.last()] },
  ])
  assert.equal(written, wanted.length)
  const { rows } = await client.query<Record<string, unknown>>({
    text: `select n, i, s, b, encode(x, 'hex') as x, money, at::text as at, day, u, us::text as us, words, none
             from kinds order by s`,
  })
  assert.deepEqual(
    rows.map(({ money, at, words, n, i }) => [money, at, words, n, i]),
    wanted,
  )
  for (const [place, { s, b, x, day, u, us, none }] of rows.entries()) {
    const kept = [id, id].slice(place % 3)
    assert.deepEqual(
      [s, b, x, day, u, us, none],
      [place, place % 2 === 0, '00ff7e', '2026-11-01', id, `{${kept.join(',')}}`, null],
    )
  }
  await client.query('rollback')
})

test('a UUID is told in small letters or capitals, and what is none is refused', () => {
  const uuid = '3f2b8c1e-1234-4abc-9def-0123456789ab'
  const bytesOf = (text: string) => new BinaryRows().uuid(text).last().toString('hex', frameHead)
  assert.equal(bytesOf(uuid.toUpperCase()), bytesOf(uuid))
  assert.ok(bytesOf(uuid).includes(uuid.replaceAll('-', '')))
  for (const wrong of [uuid.replace('a', 'g'), uuid.replace('-', '0'), uuid.slice(1), uuid.replace('a', 'é'), '']) {
    assert.throws(() => new BinaryRows().uuid(wrong))
  }
})
