import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { alone } from '../operations/alone.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { partiesOf, resolveNames } from './commands.ts'
import { importParties, listParties, previewImport } from './import-commands.ts'
import { KnownParties } from './memory.ts'
import type { ResolvedNames, UnknownParties, WantedNames } from './party.ts'
import { readSheet } from './sheet.ts'

let fresh: FreshHouse
before(async () => {
  fresh = await freshHouse()
})
after(() => fresh.drop())

let calls = 0
const call = () => ({ principal: 'tester', key: `${(calls += 1)}`, command: 'test', input: null })

async function resolve(
  wanted: Partial<WantedNames>,
  unknown: UnknownParties = 'create',
  known?: KnownParties,
): Promise<ResolvedNames> {
  let resolved: ResolvedNames | undefined
  await alone(fresh.house, call(), async (writer) => {
    const all = { source: 'slurm:lab', projects: [], people: [], providers: [], ...wanted }
    resolved = await resolveNames(writer, all, unknown, known)
    return null
  })
  assert.ok(resolved)
  return resolved
}

async function importText(text: string) {
  const sheet = readSheet(text)
  assert.ok(sheet.ok, JSON.stringify(sheet))
  const preview = await previewImport(fresh.database.pool, sheet.value)
  assert.ok(preview.ok, JSON.stringify(preview))
  const { changes, names } = preview.value.plan
  if (changes.length + names.length > 0) await importParties(fresh.house, call(), preview.value)
  return preview.value.plan
}

const faultOf = async (text: string) => {
  const sheet = readSheet(text)
  assert.ok(sheet.ok)
  const preview = await previewImport(fresh.database.pool, sheet.value)
  assert.ok(!preview.ok)
  return preview.refusal.faults.map(({ message }) => message).join('\n')
}

test('names never met before are created, postpaid and unassigned, and found again', async () => {
  const wanted = { projects: ['first', 'second'], people: ['ann'], providers: ['lab'] }
  const created = await resolve(wanted)
  const { project: _, organisation: __, ...terms } = created.projects.get('first') ?? {}
  assert.deepEqual(terms, { name: 'first', organisationName: 'unassigned', tier: 'default', payment: 'postpaid' })
  assert.deepEqual(await resolve(wanted), created)
  assert.deepEqual(await resolve({ ...wanted, source: 'slurm:other' }, 'quarantine'), created)
})

test('under quarantine unknown names are left out and nothing is created', async () => {
  const resolved = await resolve({ projects: ['first', 'nobody'], people: ['nobody'] }, 'quarantine')
  assert.deepEqual([...resolved.projects.keys()], ['first'])
  assert.equal(resolved.people.size, 0)
  assert.ok(!(await listParties(fresh.database.pool)).projects.some(({ name }) => name === 'nobody'))
})

test('what cannot be a name is left out, and its neighbours are not harmed', async () => {
  const bad = ['', ' ', 'x'.repeat(201), 'a\0b', '\ud800']
  const resolved = await resolve({ projects: [...bad, 'good'], people: bad })
  assert.deepEqual([...resolved.projects.keys()], ['good'])
  assert.equal(resolved.people.size, 0)
})

test('of two processes that meet the same names at once, both find one party for each', async () => {
  const names = Array.from({ length: 200 }, (_, index) => `race-${index}`)
  const all = await Promise.all(
    [names, names.toReversed(), names, names.toReversed()].map((projects) => resolve({ projects, people: projects })),
  )
  for (const name of names) {
    assert.equal(new Set(all.map((each) => each.projects.get(name)?.project)).size, 1)
    assert.equal(new Set(all.map((each) => each.people.get(name))).size, 1)
  }
})

test('an import confirms what usage brought, shows the difference, and does nothing the second time', async () => {
  const { projects } = await resolve({ projects: ['bio'] })
  const file = 'organisation,tier,project,payment,person,email\nLife,gov,bio,prepaid,ann,ann@example.org\n'
  const plan = await importText(file)
  assert.deepEqual(
    plan.changes.map(({ kind, name, added }) => [added, kind, name]),
    [
      [true, 'organisation', 'Life'],
      [false, 'project', 'bio'],
      [false, 'person', 'ann'],
      [true, 'member', 'ann'],
    ],
  )
  assert.deepEqual(plan.changes[1]?.fields, [
    { field: 'organisation', from: 'unassigned', to: 'Life' },
    { field: 'payment', from: 'postpaid', to: 'prepaid' },
    { field: 'origin', from: 'usage', to: 'import' },
  ])
  const before = projects.get('bio')?.project as string
  const party = (await partiesOf(fresh.database.pool)).get(before)
  assert.deepEqual([party?.organisationName, party?.tier, party?.payment], ['Life', 'gov', 'prepaid'])
  const again = await importText(file)
  assert.deepEqual([again.changes, again.names, again.members], [[], [], []])
})

test('one person can have many names', async () => {
  await importText('person,person_names\nsomchai,slurm:lab=sc01|slurm:gpu=sc|schai\n')
  const lab = await resolve({ people: ['sc01', 'schai', 'somchai'] }, 'quarantine')
  const gpu = await resolve({ source: 'slurm:gpu', people: ['sc', 'sc01'] }, 'quarantine')
  assert.equal(new Set(lab.people.values()).size, 1)
  assert.equal(lab.people.size, 3)
  assert.deepEqual([...gpu.people], [['sc', lab.people.get('somchai')]])
})

test('two clusters may call two projects by one name', async () => {
  await importText('organisation,project,project_names\nA,phys-a,slurm:a=phys\nA,phys-b,slurm:b=phys\n')
  const a = await resolve({ source: 'slurm:a', projects: ['phys'] }, 'quarantine')
  const b = await resolve({ source: 'slurm:b', projects: ['phys'] }, 'quarantine')
  assert.equal(a.projects.get('phys')?.name, 'phys-a')
  assert.equal(b.projects.get('phys')?.name, 'phys-b')
  assert.equal((await resolve({ source: 'slurm:c', projects: ['phys'] }, 'quarantine')).projects.size, 0)
})

test('a name that usage brought passes to the party that an import says; a confirmed one is refused', async () => {
  await resolve({ projects: ['old-name'] })
  const plan = await importText('organisation,project,project_names\nA,kept,old-name\n')
  assert.deepEqual(plan.changes.at(-1), {
    kind: 'name',
    name: '*=old-name',
    added: false,
    fields: [{ field: 'project', from: 'old-name', to: 'kept' }],
  })
  assert.equal((await resolve({ projects: ['old-name'] })).projects.get('old-name')?.name, 'kept')
  assert.match(
    await faultOf('organisation,project,project_names\nA,other,kept\n'),
    /is the name of a project of its own/,
  )
  assert.match(await faultOf('organisation,project\nA,old-name\n'), /is already another name of the project “kept”/)
})

test('an import between a difference and its doing is noticed', async () => {
  const sheet = readSheet('organisation\nLate\n')
  assert.ok(sheet.ok)
  const preview = await previewImport(fresh.database.pool, sheet.value)
  assert.ok(preview.ok)
  await importText('organisation\nEarlier\n')
  await assert.rejects(importParties(fresh.house, call(), preview.value), { type: 'parties-changed' })
})

test('what is remembered is forgotten after an import, and what was rolled back is never remembered', async () => {
  const known = new KnownParties()
  await assert.rejects(
    alone(fresh.house, call(), async (writer) => {
      const wanted = { source: 'slurm:lab', projects: ['rolled-back'], people: [], providers: [] }
      await resolveNames(writer, wanted, 'create', known)
      await resolveNames(writer, wanted, 'create', known)
      throw new Error('rolled back')
    }),
  )
  assert.equal((await resolve({ projects: ['rolled-back'] }, 'quarantine', known)).projects.size, 0)

  await importText('organisation,tier,project\nTier,mu,tiered\n')
  assert.equal((await resolve({ projects: ['tiered'] }, 'create', known)).projects.get('tiered')?.tier, 'mu')
  await importText('organisation,tier\nTier,private\n')
  assert.equal((await resolve({ projects: ['tiered'] }, 'create', known)).projects.get('tiered')?.tier, 'private')
})

test('an import that fails midway leaves nothing', async () => {
  const sheet = readSheet('organisation,project\nHalf,half\n')
  assert.ok(sheet.ok)
  const preview = await previewImport(fresh.database.pool, sheet.value)
  assert.ok(preview.ok)
  const members = [{ project: 'half', person: 'half' }]
  const broken = { ...preview.value, plan: { ...preview.value.plan, members, people: [{ name: '', email: null }] } }
  await assert.rejects(importParties(fresh.house, call(), broken))
  assert.ok(!(await listParties(fresh.database.pool)).organisations.some(({ name }) => name === 'Half'))
})
