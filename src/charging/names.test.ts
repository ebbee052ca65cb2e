import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { rows } from '../database/reader.ts'
import { alone } from '../operations/alone.ts'
import { forgetPerson } from '../parties/people-commands.ts'
import { eraseUsage } from '../metering/erasure-commands.ts'
import { assertBooksAgree, charge, fact, importSheet, netOfCharges, newSite, type Site, tracesIn } from './testing.ts'

async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  const site = await newSite()
  try {
    await work(site)
    await assertBooksAgree(site.house)
  } finally {
    await site.drop()
  }
}

const sheet = (...lines: string[]) =>
  ['organisation,tier,project,payment,project_names,person', ...lines, ''].join('\n')
const physicsIs = (project: string, payment = 'postpaid') =>
  sheet(`Faculty,mu,${project},${payment},slurm:lab=physics,`)

const jobs = () => Array.from({ length: 12 }, () => fact())

test('what was said before and is said again moves nothing, whatever its names mean by now', () =>
  withSite(async (site) => {
    const said = jobs()
    await charge(site, said)
    const net = await netOfCharges(site.house)
    for (const project of ['first', 'second']) {
      await importSheet(site.house, physicsIs(project))
      const traces = await tracesIn(site.house)
      const again = await charge(site, said)
      assert.deepEqual([again.duplicates, again.corrected, again.confirmed, again.charged], [12, 0, 0, 0])
      assert.deepEqual(await tracesIn(site.house), traces)
      // In another format, at a later time.
      const later = said.map((job) => ({ ...job, raw: project, measuredAt: job.measuredAt + 1 + project.length }))
      assert.deepEqual([(await charge(site, later)).corrected], [0])
      assert.deepEqual(await netOfCharges(site.house), net)
    }
    const [fresh] = jobs()
    await charge(site, fresh ? [fresh] : [])
    assert.deepEqual(await netOfCharges(site.house), [...net, 'second lab 2026-11 THB 2'])
  }))

test('who tells more of what was said before tells it of the same project; a correction takes the names as they are', () =>
  withSite(async (site) => {
    const [more, corrected, other] = [fact(), fact(), fact()]
    await importSheet(site.house, physicsIs('before', 'prepaid'))
    await charge(site, [more, corrected, other])
    await importSheet(site.house, physicsIs('after'))
    const result = await charge(site, [
      { ...more, quantities: { ...more.quantities, gpu_seconds: '3600' } },
      { ...corrected, measuredAt: corrected.measuredAt + 1, quantities: { cpu_core_seconds: '3600' } },
      { ...other, measuredAt: other.measuredAt + 1, projectName: 'somebody else' },
    ])
    assert.equal(result.corrected, 3)
    assert.deepEqual(await netOfCharges(site.house), [
      'after lab 2026-11 THB 1',
      'before lab 2026-11 THB 12',
      'somebody else lab 2026-11 THB 2',
    ])
  }))

test('a person who was given another name, or was erased, is corrected by nothing that was said before', () =>
  withSite(async (site) => {
    const said = jobs()
    await charge(site, said)
    const peopleIn = () => rows<{ person: string }>(site.database.pool, `select distinct person from metering.standing`)
    const [alice] = await peopleIn()
    assert(alice)
    await importSheet(
      site.house,
      `organisation,tier,project,payment,person,person_names\nF,mu,p,postpaid,ann,slurm:lab=alice\n`,
    )
    assert.equal((await charge(site, said)).corrected, 0)
    const call = { principal: 'tester', key: randomUUID(), command: 'test.erase', input: null }
    await alone(site.house, call, async (writer) => {
      await eraseUsage(writer, alice.person, await forgetPerson(writer, site.house, alice.person))
      return {}
    })
    const later = said.map((job) => ({ ...job, measuredAt: job.measuredAt + 1 }))
    assert.equal((await charge(site, later)).corrected, 0)
    assert.deepEqual(await peopleIn(), [alice])
    const names = await rows(site.database.pool, `select from parties.former_names where party = $1`, [alice.person])
    assert.deepEqual(names, [])
  }))

test('two houses that are told the same, also two things at one time, keep the same', async () => {
  const said = jobs()
  const otherwise = said.map((job) => ({
    ...job,
    projectName: 'astro',
    personName: 'dave',
    raw: 'otherwise',
    dimensions: { ...job.dimensions, account: 'astro' },
  }))
  const nets: (readonly string[])[] = []
  for (const order of [
    [said, otherwise],
    [otherwise, said],
  ]) {
    await withSite(async (site) => {
      for (const page of order) await charge(site, page)
      nets.push(await netOfCharges(site.house))
    })
  }
  assert.equal(nets[0]?.length, 1)
  assert.deepEqual(nets[0], nets[1])
})
