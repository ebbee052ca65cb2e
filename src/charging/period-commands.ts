import type { Writer } from '../database/writer.ts'
import type { Fact } from '../metering/fact.ts'
import { makeRecordsPartition, partitions } from '../metering/commands.ts'
import { alone } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { periodBounds, periodOf } from '../values/period.ts'
import type { Memory } from './memory-commands.ts'
import * as sql from './sql.ts'

/** Makes room for the months that these facts fall in. A month once opened is remembered by its operation's key. */
export async function openPeriods(
  house: House,
  facts: readonly Fact[],
  memory: Pick<Memory, 'periods'>,
): Promise<void> {
  const missing = periodsOf(facts, house.zone).filter((period) => !memory.periods.has(period))
  if (missing.length === 0) return
  for (const { period } of await partitions(house.database.pool)) memory.periods.add(period)
  for (const period of missing.filter((each) => !memory.periods.has(each))) {
    const call = { principal: 'bursar', key: `period:${period}`, command: 'charging.openPeriod', input: { period } }
    await alone(house, call, async (writer) => {
      await makePartitions(writer, period, house.zone)
      return { period }
    })
    memory.periods.add(period)
  }
}

async function makePartitions(writer: Writer, period: string, zone: string): Promise<void> {
  const next = periodOf(periodBounds(period, zone).to, zone)
  await makeRecordsPartition(writer, period, next)
  await sql.makePartition(writer, period, next)
}

/** Every month that one of the facts touches. */
function periodsOf(facts: readonly Fact[], zone: string): string[] {
  const periods = new Set<string>()
  for (const fact of facts) {
    const last = periodOf(fact.endsAt, zone)
    periods.add(last)
    let period = periodOf(fact.startsAt, zone)
    while (period < last) {
      periods.add(period)
      period = periodOf(periodBounds(period, zone).to, zone)
    }
  }
  return [...periods].sort()
}
