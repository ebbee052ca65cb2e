import { strict as assert } from 'node:assert'
import { compareWithNaive } from './books.ts'
import { writeDump } from './dump.ts'
import { NaiveBooks } from './naive.ts'
import { Place } from './place.ts'
import { comesTo, grouped, type Say } from './telling.ts'

/** A month's worth of a large site, twice: the second time says nothing new. */
export async function twice(plan: { readonly jobs: number; readonly seed: number }, say: Say): Promise<string> {
  const place = new Place('twice')
  try {
    await place.setPrices()
    const dump = await writeDump(place.file('dump.psv'), plan)
    const first = await place.ingest(dump)
    say(`  ${grouped(first.read)} jobs read, ${grouped(first.recorded)} recorded in ${first.seconds} s`)
    const again = await place.ingest(dump)
    assert.deepEqual([again.read, again.recorded, again.corrected, again.charged], [first.read, 0, 0, 0])
    assert.deepEqual([again.duplicates, again.trueUps], [first.read, 0])
    say(`  again: nothing recorded, in ${again.seconds} s`)
    const compared = await compareWithNaive(place, await new NaiveBooks().readFile(dump))
    assert.equal(first.recorded, compared.jobs)
    const checks = await place.verify()
    place.assertNothingRuns()
    return `${comesTo(compared)}, ${checks} checks green`
  } finally {
    place.remove()
  }
}
