import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { type Fact, type FactTexts, plainFact } from './fact.ts'
import { Packer } from './packer.ts'
import { newSalts } from './salt-stream.ts'
import { sealRaw, textsOf, type ToldFact } from './texts.ts'
import { Unpacker } from './unpacker.ts'

const told = (number: number, more: Partial<ToldFact> = {}): ToldFact => ({
  source: 'slurm:lab',
  externalId: `lab/${number}/1000`,
  service: 'slurm',
  subtype: 'cpu',
  projectName: `project ${number % 7}`,
  personName: number % 3 === 0 ? null : `person ${number}`,
  providerName: 'lab',
  startsAt: 1_790_000_000_000 + number * 1000,
  endsAt: 1_790_000_000_000 + number * 2001,
  measuredAt: 1_800_000_000_500,
  final: number % 2 === 0,
  quantities: JSON.stringify({ cpu_core_seconds: `${number}.5`, elapsed_seconds: '7' }),
  dimensions: JSON.stringify({ account: 'a', job_id: `${number}_1`, state: 'COMPLETED' }),
  raw: `${number}|lab|COMPLETED`,
  ...more,
})

const parsed = (fact: ToldFact): Fact => ({
  ...fact,
  quantities: JSON.parse(fact.quantities) as Fact['quantities'],
  dimensions: JSON.parse(fact.dimensions) as Fact['dimensions'],
})

/** All texts but the seal of the raw row, whose salt is drawn. */
const textsWithoutSeal = (t: FactTexts) => [t.told, t.quantitiesText, t.dimensionsText, t.nameText, t.rowText, t.called]

function packedAndBack(facts: readonly ToldFact[], packer = new Packer(newSalts())): Fact[] {
  for (const fact of facts) packer.push(fact)
  return new Unpacker().unpack(packer.take())
}

function assertSame(unpacked: readonly Fact[], facts: readonly ToldFact[]): void {
  assert.equal(unpacked.length, facts.length)
  for (const [place, fact] of unpacked.entries()) {
    const wanted = parsed(facts[place] as ToldFact)
    assert.deepEqual(plainFact(fact), wanted)
    assert.deepEqual(textsWithoutSeal(textsOf(fact)), textsWithoutSeal(textsOf(wanted)))
    const { sealed } = textsOf(fact)
    assert.deepEqual(sealed, sealRaw(sealed?.salt ?? '', wanted.raw))
  }
}

test('facts come out of a pack as they went in, with the texts that they would have made', () => {
  const facts = Array.from({ length: 5000 }, (_, number) => told(number))
  assertSame(packedAndBack(facts), facts)
})

test('whatever letters a fact has, its pack gives them back', () => {
  const words = ['a\\b', 'tab\there', 'new\nline', 'ที่', '🙂', '"', '\u0007', 'é', '', '\\']
  const facts = words.flatMap((word, number) => [
    told(number, { raw: word }),
    told(number, { externalId: `x${word}`, source: `slurm:${word}` }),
    told(number, { service: word, subtype: word, projectName: word, personName: word, providerName: word }),
    told(number, { dimensions: JSON.stringify({ account: word, job_id: `${word}9`, state: word }) }),
  ])
  assertSame(packedAndBack(facts), facts)
})

test('a fact larger than a pack has a pack of its own', () => {
  const facts = [told(1), told(2, { raw: 'x'.repeat(3 << 20) }), told(3)]
  assertSame(packedAndBack(facts), facts)
})

test('words are sent once, and forgotten when there are too many', () => {
  const packer = new Packer(newSalts(), 100)
  const unpacker = new Unpacker()
  const both = (facts: readonly ToldFact[]) => {
    for (const fact of facts) packer.push(fact)
    const packed = packer.take()
    assertSame(unpacker.unpack(packed), facts)
    return packed
  }
  const many = Array.from({ length: 101 }, (_, number) => told(number, { personName: `p${number}` }))
  both([told(1), told(2)])
  assert.deepEqual(both([told(1), told(2)]).words, [])
  assert(both(many).from > 0)
  assert.equal(both([told(1)]).from, 0)
})

test('a fact that is kept stands alone', () => {
  const facts = [told(1), told(2, { raw: 'a\\b' }), told(3)]
  assertSame(
    packedAndBack(facts).map((fact) => fact.kept as Fact),
    facts,
  )
})
