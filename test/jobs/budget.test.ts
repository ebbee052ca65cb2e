import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { everybody } from '../../src/http/testing.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { openJobDoors } from '../../src/jobs/testing.ts'

type Balance = { readonly balance: string; readonly reservation?: string; readonly projects?: readonly object[] }
type Told = { readonly message: string; readonly data: never }

const doors = await openJobDoors({ after })
const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  doors.ask(method, path, body, headers)
await ask('POST', '/account/system', { id: randomUUID(), name: 'System' })

/** A virtual lab with so much, and two projects with nothing. */
async function lab(balance: string) {
  const id = randomUUID()
  const [one, two] = [randomUUID(), randomUUID()]
  await ask('POST', '/account/virtual-lab', { id, name: 'Lab', balance })
  for (const project of [one, two]) await ask('POST', '/account/project', { id: project, name: 'P', vlab_id: id })
  return { id, one, two }
}

/** `200 message` and the data, or `400 message`. */
const budget = async (what: string, body: object, headers?: Record<string, string>) => {
  const { status, body: said } = await ask('POST', `/budget/${what}`, body, headers)
  const { message, data, error_code: code } = said as Told & { readonly error_code?: string }
  return code === undefined ? `${status} ${message} ${JSON.stringify(data)}` : `${status} ${code} ${message}`
}
const balance = async (path: string) => ((await ask('GET', `/balance/${path}`)).body as { data: Balance }).data
const ofLab = async (id: string) => (await balance(`virtual-lab/${id}`)).balance
const ofProject = async (id: string) => (await balance(`project/${id}`)).balance

test('200: money goes from the system to a virtual lab, to a project, to another, and back', async () => {
  const { id, one, two } = await lab('0')
  const before = Number((await balance('system')).balance)
  assert.equal(await budget('top-up', { vlab_id: id, amount: 100.1 }), '200 Top-up operation executed null')
  assert.equal(
    await budget('assign', { vlab_id: id, proj_id: one, amount: '60' }),
    '200 Assign budget operation executed null',
  )
  assert.equal(
    await budget('reverse', { vlab_id: id, proj_id: one, amount: 10 }),
    '200 Reverse budget operation executed null',
  )
  const move = { vlab_id: id, debited_from: one, credited_to: two, amount: 20 }
  assert.equal(await budget('move', move), '200 Move budget operation executed null')
  assert.equal(await budget('grant', { proj_id: two, amount: '2.5' }), '200 Grant budget operation executed null')
  assert.deepEqual([await ofLab(id), await ofProject(one), await ofProject(two)], ['50.10', '30.00', '22.50'])
  assert.deepEqual((await ask('GET', `/balance/virtual-lab/${id}?include_projects=true`)).body, {
    message: 'Balance for virtual-lab including projects',
    data: {
      vlab_id: id,
      balance: '50.10',
      projects: [
        { proj_id: one, balance: '30.00', reservation: '0.00' },
        { proj_id: two, balance: '22.50', reservation: '0.00' },
      ],
    },
  })
  assert.deepEqual((await ask('GET', `/balance/virtual-lab/${id}`)).body, {
    message: 'Balance for virtual-lab',
    data: { vlab_id: id, balance: '50.10' },
  })
  assert.deepEqual((await ask('GET', `/balance/project/${one}`)).body, {
    message: 'Balance for project',
    data: { proj_id: one, balance: '30.00', reservation: '0.00' },
  })
  const { body } = await ask('GET', '/balance/system')
  assert.equal((body as Told).message, 'Balance for system')
  assert.equal(Number((await balance('system')).balance), Math.round((before - 102.6) * 100) / 100)
})

test('200: what is left is taken back, of one project and then of all', async () => {
  const { id, one, two } = await lab('10')
  await budget('assign', { vlab_id: id, proj_id: one, amount: '3.335' })
  await budget('assign', { vlab_id: id, proj_id: two, amount: 2 })
  const total = (amount: string) => `{"total_amount":"${amount}"}`
  assert.equal(
    await budget('deplete/project', { proj_id: one }),
    `200 Deplete project operation executed ${total('3.34')}`,
  )
  assert.equal(
    await budget('deplete/project', { proj_id: one }),
    `200 Deplete project operation executed ${total('0.00')}`,
  )
  assert.equal(
    await budget('deplete/virtual-lab', { vlab_id: id }),
    `200 Deplete virtual lab operation executed ${total('6.66')}`,
  )
  assert.deepEqual([await ofLab(id), await ofProject(one), await ofProject(two)], ['0.00', '0.00', '0.00'])
  assert.equal((await ask('DELETE', `/account/project/${two}`)).status, 200)
})

test('404, 400: what is wrong is told in the order of the reference service', async () => {
  const { id, one } = await lab('5')
  const other = await lab('5')
  const nobody = randomUUID()
  const missing = '404 ENTITY_NOT_FOUND Account not found'
  assert.equal(await budget('top-up', { vlab_id: one, amount: 1 }), '404 ENTITY_NOT_FOUND Virtual lab not found')
  for (const what of ['assign', 'reverse']) {
    assert.equal(await budget(what, { vlab_id: nobody, proj_id: one, amount: 1 }), missing)
    assert.equal(await budget(what, { vlab_id: id, proj_id: nobody, amount: 1 }), missing)
    assert.equal(
      await budget(what, { vlab_id: id, proj_id: other.one, amount: 1 }),
      "400 INVALID_REQUEST The project doesn't belong to the virtual-lab",
    )
  }
  assert.equal(
    await budget('assign', { vlab_id: id, proj_id: one, amount: '5.01' }),
    '400 INVALID_REQUEST Insufficient funds in the virtual-lab account',
  )
  assert.equal(
    await budget('reverse', { vlab_id: id, proj_id: one, amount: 1 }),
    '400 INVALID_REQUEST Insufficient funds in the project account',
  )
  const move = (debited_from: string, credited_to: string) =>
    budget('move', { vlab_id: id, debited_from, credited_to, amount: 1 })
  assert.equal(await move(one, nobody), missing)
  assert.equal(await move(one, one), '400 INVALID_REQUEST The debited and credited accounts must be different')
  assert.equal(await move(other.one, one), "400 INVALID_REQUEST The debited project doesn't belong to the virtual-lab")
  assert.equal(await move(one, other.one), "400 INVALID_REQUEST The credited project doesn't belong to the virtual-lab")
  const second = (await lab('0')).id
  const inOne = randomUUID()
  await ask('POST', '/account/project', { id: inOne, name: 'x', vlab_id: id })
  assert.equal(await move(one, inOne), '400 INVALID_REQUEST Insufficient funds in the debited account')
  assert.equal(await budget('grant', { proj_id: id, amount: 1 }), missing)
  assert.equal(await budget('deplete/project', { proj_id: second }), missing)
  assert.equal(await budget('deplete/virtual-lab', { vlab_id: one }), '404 ENTITY_NOT_FOUND Virtual lab not found')
  for (const [path, message] of [
    ['virtual-lab', 'Virtual lab not found'],
    ['project', 'Project not found'],
  ]) {
    const { status, body } = await ask('GET', `/balance/${path}/${nobody}`)
    assert.deepEqual([status, (body as Told).message], [404, message])
  }
})

test('404: without a system account there is no money', async (t) => {
  const bare = await openJobDoors(t)
  const missing = { error_code: 'ENTITY_NOT_FOUND', message: 'System account not found', details: null }
  const id = randomUUID()
  assert.deepEqual((await bare.ask('POST', '/budget/top-up', { vlab_id: id, amount: 1 })).body, missing)
  assert.deepEqual((await bare.ask('GET', '/balance/system')).body, missing)
})

test('404: a disabled account is not found by any of these doors', async () => {
  const { id, one, two } = await lab('5')
  await budget('assign', { vlab_id: id, proj_id: one, amount: 1 })
  assert.equal(await ofProject(one), '1.00')
  await ask('PATCH', `/account/project/${one}`, { enabled: false })
  const missing = '404 ENTITY_NOT_FOUND Account not found'
  assert.equal((await ask('GET', `/balance/project/${one}`)).status, 404)
  assert.equal(await budget('assign', { vlab_id: id, proj_id: one, amount: 1 }), missing)
  assert.equal(await budget('deplete/project', { proj_id: one }), missing)
  assert.equal((await balance(`virtual-lab/${id}?include_projects=1`)).projects?.length, 1)
  await ask('PATCH', `/account/project/${one}`, { enabled: true })
  assert.equal(await ofProject(one), '1.00')
  await ask('PATCH', `/account/virtual-lab/${id}`, { enabled: false })
  assert.equal(await budget('top-up', { vlab_id: id, amount: 1 }), '404 ENTITY_NOT_FOUND Virtual lab not found')
  assert.equal(await budget('grant', { proj_id: two, amount: 1 }), missing)
})

test('422: amounts that are none', async () => {
  const { id, one } = await lab('5')
  for (const [amount, type] of [
    [0, 'greater_than'],
    [-1, 'greater_than'],
    ['NaN', 'finite_number'],
    [null, 'decimal_type'],
    ['1e40', 'less_than'],
    ['1e-12', 'greater_than_equal'],
  ] as const) {
    const { status, body } = await ask('POST', '/budget/assign', { vlab_id: id, proj_id: one, amount })
    const { details } = body as { details: { type: string; loc: unknown }[] }
    assert.deepEqual([status, details[0]?.type, details[0]?.loc], [422, type, ['body', 'amount']])
  }
})

test('200: exactly the balance that was shown can always be moved', async () => {
  const { id, one, two } = await lab('10.006')
  assert.equal(await ofLab(id), '10.01')
  assert.match(await budget('assign', { vlab_id: id, proj_id: one, amount: 10.01 }), /^200 /)
  assert.deepEqual([await ofLab(id), await ofProject(one)], ['0.00', '10.01'])
  const move = { vlab_id: id, debited_from: one, credited_to: two, amount: 10.01 }
  assert.match(await budget('move', move), /^200 /)
  assert.match(await budget('reverse', { vlab_id: id, proj_id: two, amount: '10.01' }), /^200 /)
  assert.equal(await ofLab(id), '10.01')
  assert.match(await budget('assign', { vlab_id: id, proj_id: one, amount: '10.02' }), /^400 /)
})

test('200: the same reference or key is executed once, for each kind of call', async () => {
  const { id, one } = await lab('0')
  const topUp = { vlab_id: id, amount: 5, reference: 'pi_1' }
  for (let round = 0; round < 3; round++) assert.match(await budget('top-up', topUp), /^200 /)
  assert.match(await budget('top-up', { ...topUp, reference: 'pi_2' }), /^200 /)
  assert.equal(await ofLab(id), '10.00')
  assert.match(await budget('assign', { vlab_id: id, proj_id: one, amount: 1, reference: 'pi_1' }), /^200 /)
  assert.match(await budget('top-up', { ...topUp, amount: 6 }), /^409 INVALID_REQUEST /)
  const key = { 'idempotency-key': 'the same' }
  for (let round = 0; round < 3; round++)
    assert.match(await budget('reverse', { vlab_id: id, proj_id: one, amount: '0.5' }, key), /^200 /)
  assert.deepEqual([await ofLab(id), await ofProject(one)], ['9.50', '0.50'])
  assert.match(await budget('top-up', { ...topUp, reference: '' }), /^422 /)
})

test('200, 409: a reference is executed once by whomever and under whatever key, a key with one reference only', async () => {
  const { id, one } = await lab('0')
  const body = { vlab_id: id, amount: 10, reference: 'stripe 7' }
  const key = { 'idempotency-key': randomUUID() }
  assert.match(await budget('top-up', body, key), /^200 /)
  assert.match(await budget('top-up', { ...body, reference: 'stripe 8' }, key), /^409 /)
  assert.match(await budget('top-up', { vlab_id: id, amount: 99 }, key), /^409 /)
  assert.match(await budget('top-up', body, { 'idempotency-key': randomUUID() }), /^200 /)
  doors.be({ ...everybody, name: 'another' })
  try {
    assert.match(await budget('top-up', body), /^200 /)
    assert.match(await budget('top-up', { ...body, amount: 11 }), /^409 /)
    const both = { ...body, reference: 'at once' }
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        doors.be({ ...everybody, name: `another ${n}` })
        return budget('top-up', both)
      }),
    )
    for (const answer of answers) assert.match(answer, /^200 /)
  } finally {
    doors.be(everybody)
  }
  assert.equal(await ofLab(id), '20.00')
  assert.match(await budget('assign', { vlab_id: id, proj_id: one, amount: 5, reference: 'r' }), /^200 /)
  assert.match(await budget('deplete/project', { proj_id: one, reference: 'd' }), /"total_amount":"5.00"/)
  assert.match(await budget('deplete/project', { proj_id: one, reference: 'd' }), /"total_amount":"5.00"/)
  assert.match(await budget('deplete/project', { proj_id: one }), /"total_amount":"0.00"/)
})

test('200: what was done is answered again when the account is disabled by now', async () => {
  const { id, one } = await lab('10')
  const key = { 'idempotency-key': randomUUID() }
  const assign = { vlab_id: id, proj_id: one, amount: 4 }
  assert.match(await budget('assign', assign, key), /^200 /)
  await ask('PATCH', `/account/project/${one}`, { enabled: false })
  assert.match(await budget('assign', assign, key), /^200 /)
  assert.match(await budget('assign', { ...assign, amount: 5 }, key), /^409 /)
  assert.match(await budget('assign', assign), /^404 /)
  await ask('PATCH', `/account/project/${one}`, { enabled: true })
  assert.equal(await ofProject(one), '4.00')
})

test('200: three hundred assigned and reversed at once by eight workers, and the books are right', async () => {
  const { id, one } = await lab('1000')
  let left = 300
  const worker = async () => {
    for (let turn = left--; turn > 0; turn = left--) {
      const body = { vlab_id: id, proj_id: one, amount: 1 }
      const status = Number((await budget(turn % 2 ? 'assign' : 'reverse', body)).slice(0, 3))
      assert([200, 400].includes(status), String(status))
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  assert.equal(Number(await ofLab(id)) + Number(await ofProject(one)), 1000)
})

test('200: what ran out is in no balance, whether anybody ended it or not', async () => {
  const { id } = await lab('5')
  const dated = { owner: id, currency: 'CREDIT', nanos: 7_000_000_000n, origin: 'gift', expiresAt: Date.now() + 1_500 }
  await doors.credits.grant({ principal: 'tester', key: randomUUID() }, dated)
  assert.equal(await ofLab(id), '12.00')
  await sleep(Math.max(0, dated.expiresAt - Date.now()) + 50)
  assert.equal(await ofLab(id), '5.00')
  assert.match(await budget('deplete/virtual-lab', { vlab_id: id }), /"total_amount":"5.00"/)
})

test('404: money of others is not there', async () => {
  const { id, one } = await lab('5')
  const other = await lab('5')
  doors.be({ name: 'lab', role: 'finance', parties: new Set([id, one]) })
  try {
    assert.match(await budget('top-up', { vlab_id: id, amount: 1 }), /^200 /)
    assert.match(await budget('top-up', { vlab_id: other.id, amount: 1 }), /^404 /)
    assert.equal((await ask('GET', `/balance/project/${other.one}`)).status, 404)
    assert.equal((await ask('GET', `/balance/virtual-lab/${other.id}`)).status, 404)
    assert.equal((await ask('GET', '/balance/system')).status, 403)
  } finally {
    doors.be(everybody)
  }
})

test('the books can be proved after all of that', async () => {
  const checks = await Array.fromAsync(proveBooks(doors.house))
  assert.deepEqual(
    checks.filter(({ ok }) => !ok).map(({ detail }) => detail),
    [],
  )
  assert.match(checks.map(({ detail }) => detail).join(), /[1-9]\d* withdrawals/)
})
