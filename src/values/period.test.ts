import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAmbiguous, isZone, type Local, localOf, localText, periodBounds, periodOf, zonedTime } from './period.ts'

const hour = 3_600_000
const zones = [
  'Asia/Bangkok',
  'Asia/Kathmandu',
  'America/St_Johns',
  'America/New_York',
  'Europe/Zurich',
  'Australia/Lord_Howe',
  // The clock changes at midnight, and once a whole day was left out.
  'America/Havana',
  'Pacific/Apia',
]

const at = (text: string, zone: string, which?: 'earlier' | 'later') => {
  const [year, month, day, h = 0, minute = 0, second = 0] = text.split(/\D/).map(Number) as [number, number, number]
  return zonedTime({ year, month, day, hour: h, minute, second }, zone, which)
}
const lengthOf = (date: string, zone: string) => {
  const next = new Date(Date.parse(`${date}T00:00:00Z`) + 24 * hour).toISOString().slice(0, 10)
  return (at(next, zone) - at(date, zone)) / hour
}

/** A second opinion: the local time straight from Intl. */
const formats = new Map(
  zones.map((zone) => [
    zone,
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
  ]),
)
const wall = (ms: number, zone: string) => (formats.get(zone) as Intl.DateTimeFormat).format(ms)

test('both days on which the clock changes are as long as they are, in six zones', () => {
  for (const zone of ['Asia/Bangkok', 'Asia/Kathmandu']) {
    for (const date of ['2026-03-29', '2026-10-25']) assert.equal(lengthOf(date, zone), 24)
  }
  const days = [
    ['Europe/Zurich', '2026-03-29', 23, '2026-10-25', 25],
    ['America/New_York', '2026-03-08', 23, '2026-11-01', 25],
    ['America/St_Johns', '2026-03-08', 23, '2026-11-01', 25],
    ['Australia/Lord_Howe', '2026-10-04', 23.5, '2026-04-05', 24.5],
  ] as const
  for (const [zone, shortDay, short, longDay, long] of days) {
    assert.equal(lengthOf(shortDay, zone), short, `${zone} ${shortDay}`)
    assert.equal(lengthOf(longDay, zone), long, `${zone} ${longDay}`)
  }
})

test('the hour that is there twice has two moments, and the caller says which', () => {
  const [first, second] = [
    at('2026-10-25 02:30:00', 'Europe/Zurich', 'earlier'),
    at('2026-10-25 02:30:00', 'Europe/Zurich', 'later'),
  ]
  assert.equal(second - first, hour)
  assert.equal(localText(first, 'Europe/Zurich'), '2026-10-25 02:30:00+02:00')
  assert.equal(localText(second, 'Europe/Zurich'), '2026-10-25 02:30:00+01:00')
  const half =
    at('2026-04-05 01:45:00', 'Australia/Lord_Howe', 'later') - at('2026-04-05 01:45:00', 'Australia/Lord_Howe')
  assert.equal(half, hour / 2)
})

test('only the hour that is there twice is ambiguous', () => {
  const local = (h: number, minute: number, day = 25): Local => ({
    year: 2026,
    month: 10,
    day,
    hour: h,
    minute,
    second: 0,
  })
  assert.deepEqual(
    [local(1, 59), local(2, 0), local(2, 59), local(3, 0), local(2, 30, 24)].map((time) =>
      isAmbiguous(time, 'Europe/Zurich'),
    ),
    [false, true, true, false, false],
  )
})

test('a time that the clock skips moves forward by what was skipped', () => {
  assert.equal(localText(at('2026-03-29 02:30:00', 'Europe/Zurich'), 'Europe/Zurich'), '2026-03-29 03:30:00+02:00')
  assert.equal(
    localText(at('2026-03-08 02:00:00', 'America/St_Johns'), 'America/St_Johns'),
    '2026-03-08 03:00:00-02:30',
  )
  assert.equal(localText(at('2011-12-30 12:00:00', 'Pacific/Apia'), 'Pacific/Apia'), '2011-12-31 12:00:00+14:00')
})

test('months meet: the end of one is the beginning of the next, for a hundred years in every zone', () => {
  for (const zone of zones) {
    let { to } = periodBounds('1969-12-01', zone)
    for (let index = 1970 * 12; index < 2070 * 12; index += 1) {
      const period = `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}-01`
      const bounds = periodBounds(period, zone)
      assert.equal(bounds.from, to)
      assert.equal(periodOf(bounds.from, zone), period)
      assert.equal(periodOf(bounds.to - 1, zone), period)
      assert.match(wall(bounds.from, zone), new RegExp(`^${period} `))
      assert.ok(!wall(bounds.from - 1, zone).startsWith(period))
      to = bounds.to
    }
  }
})

test('a month is as long as its days say, an hour more or less where the clock changes in it', () => {
  const hours = (period: string, zone: string) => {
    const { from, to } = periodBounds(period, zone)
    return (to - from) / hour
  }
  assert.equal(hours('2026-03-01', 'Europe/Zurich'), 31 * 24 - 1)
  assert.equal(hours('2026-10-01', 'Europe/Zurich'), 31 * 24 + 1)
  assert.equal(hours('2026-11-01', 'America/New_York'), 30 * 24 + 1)
  assert.equal(hours('2026-04-01', 'Australia/Lord_Howe'), 30 * 24 + 0.5)
  assert.equal(hours('2024-02-01', 'Asia/Kathmandu'), 29 * 24)
  assert.equal(hours('2026-02-01', 'Asia/Bangkok'), 28 * 24)
})

test('the month ends where the local clock says midnight, not where UTC does', () => {
  assert.equal(new Date(periodBounds('2026-11-01', 'Asia/Kathmandu').from).toISOString(), '2026-10-31T18:15:00.000Z')
  assert.equal(new Date(periodBounds('2026-12-01', 'America/St_Johns').from).toISOString(), '2026-12-01T03:30:00.000Z')
  assert.equal(periodOf(Date.parse('2026-10-31T17:00:00Z'), 'Asia/Bangkok'), '2026-11-01')
  assert.equal(periodOf(Date.parse('2026-10-31T16:59:59.999Z'), 'Asia/Bangkok'), '2026-10-01')
})

test('where the first of a month begins with a jump of the clock, it begins with that moment', () => {
  // Cuba put the clock from 00:00 to 01:00 on 1 April 2001, so that day began at one o'clock.
  const { from } = periodBounds('2001-04-01', 'America/Havana')
  assert.equal(localText(from, 'America/Havana'), '2001-04-01 01:00:00-04:00')
})

test('any moment: local time and back gives the moment, and its period holds it', () => {
  const moments = fc.integer({ min: Date.UTC(1975, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 })
  fc.assert(
    fc.property(moments, fc.constantFrom(...zones), (seconds, zone) => {
      const ms = seconds * 1000
      const local = localOf(ms, zone)
      assert.ok([zonedTime(local, zone, 'earlier'), zonedTime(local, zone, 'later')].includes(ms))
      assert.equal(localText(ms, zone).slice(0, 19), wall(ms, zone))
      const period = periodOf(ms, zone)
      const { from, to } = periodBounds(period, zone)
      assert.ok(from <= ms && ms < to)
      assert.equal(period, `${wall(ms, zone).slice(0, 7)}-01`)
    }),
    { numRuns: 3000 },
  )
})

test('the seconds of any day are all there, once each', () => {
  const day = fc.integer({ min: 0, max: 365 * 40 })
  fc.assert(
    fc.property(day, fc.constantFrom(...zones), (number, zone) => {
      const start = Date.UTC(2000, 0, 1 + number)
      for (let minute = 0; minute < 24 * 60; minute += 15) {
        const ms = start + minute * 60_000
        const local = localOf(ms, zone)
        assert.equal(
          zonedTime(local, zone, isAmbiguous(local, zone) && zonedTime(local, zone) !== ms ? 'later' : 'earlier'),
          ms,
        )
      }
    }),
    { numRuns: 100 },
  )
})

test('a zone is a name that the world knows', () => {
  for (const zone of [...zones, 'UTC', 'Etc/GMT-7']) assert.ok(isZone(zone), zone)
  for (const name of ['', '+07:00', 'Asia/Bankok', 'Bangkok', 'asia bangkok']) assert.ok(!isZone(name), name)
})

test('a period that is none is a bug', () => {
  for (const text of ['2026-11-02', '2026-13-01', '2026-11', '']) assert.throws(() => periodBounds(text, 'UTC'))
})
