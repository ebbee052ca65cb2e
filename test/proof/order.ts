import { strict as assert } from 'node:assert'
import { type Compared, compareWithNaive, netOf } from './books.ts'
import { type Blocks, blocksOf, cellOf, corrected, running, writeBlocks, writeDump } from './dump.ts'
import { NaiveBooks } from './naive.ts'
import { ingestWords, Place } from './place.ts'
import { type Random, randomFrom, shuffled } from './random.ts'
import { comesTo, type Say } from './telling.ts'

export type OrderPlan = { readonly jobs: number; readonly seed: number; readonly ways?: readonly string[] }

/** One way for the same jobs to arrive: runs one after another, each of one or more processes at once. */
type Arrival = { readonly name: string; readonly runs: readonly (readonly (readonly string[])[])[] }

/** The same dump, however it arrives, is the same net for each account and month. */
export async function anyOrder(plan: OrderPlan, say: Say): Promise<string> {
  const source = new Place('order')
  try {
    const random = randomFrom(plan.seed)
    const whole = await writeDump(source.file('whole.psv'), plan)
    const { header, blocks } = blocksOf(whole)
    const write = (name: string, some: readonly string[]) => writeBlocks(source.file(name), header, some)
    const lines = blocks.flatMap((block) => block.split('\n'))
    const pieces = overlapping(blocks, 7).map((piece, number) => write(`piece-${number}.psv`, piece))
    const torn = overlapping(shuffled(lines, random), 4).map((piece, number) => write(`torn-${number}.psv`, piece))
    const arrivals: Arrival[] = [
      { name: 'in order', runs: [[[whole]]] },
      { name: 'shuffled by job', runs: [[[write('by-job.psv', shuffled(blocks, random))]]] },
      { name: 'shuffled by line', runs: [[[write('by-line.psv', shuffled(lines, random))]]] },
      { name: 'in overlapping pieces', runs: inTurns(shuffled(pieces, random)) },
      { name: 'from two processes at once', runs: [[shuffled(pieces, random), shuffled(pieces, random)]] },
      { name: 'torn lines from two processes at once', runs: [[shuffled(torn, random), shuffled(torn, random)]] },
    ]
    return await sameNet(chosen(arrivals, plan), await new NaiveBooks().readFile(whole), say)
  } finally {
    source.remove()
  }
}

/** Jobs seen while they ran, when they ended, and corrected later; told in any order. */
export async function correctionsInAnyOrder(plan: OrderPlan, say: Say): Promise<string> {
  const source = new Place('corrections')
  try {
    const random = randomFrom(plan.seed)
    const whole = blocksOf(await writeDump(source.file('whole.psv'), plan))
    const { early, late, latest } = tellings(source, whole, random)
    const arrivals: Arrival[] = [
      { name: 'early, late, latest', runs: [[[early, late, latest]]] },
      { name: 'the original, then its correction', runs: [[[late]], [[latest]]] },
      { name: 'the correction before the original', runs: [[[latest]], [[late]], [[early]]] },
      {
        name: 'the correction before the original, beside what came earlier',
        runs: [
          [
            [latest, late],
            [early, latest],
          ],
        ],
      },
      { name: 'backwards, and again forwards', runs: [[[latest, late, early]], [[early, late, latest]]] },
      {
        name: 'all at once',
        runs: [
          [
            [late, early],
            [latest, late],
          ],
          [[early]],
        ],
      },
    ]
    const naive = await (await new NaiveBooks().readFile(late)).readFile(latest)
    return await sameNet(chosen(arrivals, plan), naive, say)
  } finally {
    source.remove()
  }
}

const chosen = (arrivals: readonly Arrival[], { ways }: OrderPlan): readonly Arrival[] =>
  ways ? arrivals.filter(({ name }) => ways.includes(name)) : arrivals

/** Each job once: which of two corrections of one moment stands is for nobody to say. */
function tellings(source: Place, { header, blocks }: Blocks, random: Random) {
  const once = [...new Map(blocks.map((block) => [cellOf(header, block, 'JobIDRaw'), block])).values()]
  const some = (oneOf: number) => once.filter(() => random(oneOf) === 0)
  return {
    early: writeBlocks(
      source.file('early.psv'),
      header,
      some(4).map((block) => running(header, block)),
      1,
    ),
    late: writeBlocks(source.file('late.psv'), header, once, 2),
    latest: writeBlocks(
      source.file('latest.psv'),
      header,
      some(5).map((block) => corrected(header, block, random)),
      3,
    ),
  }
}

async function sameNet(arrivals: readonly Arrival[], naive: NaiveBooks, say: Say): Promise<string> {
  let first: { name: string; net: readonly string[] } | undefined
  let compared: Compared | undefined
  for (const { name, runs } of arrivals) {
    const place = new Place('arrival')
    try {
      await place.setPrices()
      for (const processes of runs) await atOnce(place, processes)
      compared = await compareWithNaive(place, naive)
      const net = await netOf(place)
      first ??= { name, net }
      assert.deepEqual(net, first.net, `${name} is not the same as ${first.name}`)
      await place.verify()
      place.assertNothingRuns()
      say(`  ${name}: the same net on ${net.length} accounts and months`)
    } finally {
      place.remove()
    }
  }
  assert(compared)
  return `${arrivals.length} ways to arrive, one net; ${comesTo(compared)}`
}

async function atOnce(place: Place, processes: readonly (readonly string[])[]): Promise<void> {
  const ends = await Promise.all(processes.map((files) => place.run(ingestWords(...files))))
  for (const { code, err } of ends) assert.equal(code, 0, err)
}

const inTurns = (files: readonly string[]): Arrival['runs'] => files.map((file) => [[file]])

/** Pieces that each repeat a third of the one before. */
function overlapping<Item>(items: readonly Item[], count: number): Item[][] {
  const size = Math.ceil(items.length / count)
  return Array.from({ length: count }, (_, number) =>
    items.slice(Math.max(0, number * size - Math.floor(size / 3)), (number + 1) * size),
  )
}
