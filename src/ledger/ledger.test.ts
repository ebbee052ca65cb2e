import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { rows } from '../database/reader.ts'
import { alone } from '../operations/alone.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import type { AccountKind } from './chart.ts'
import { balancesOf, history, periodState, post, setPeriod } from './commands.ts'
import type { Transfer } from './transfer.ts'

let fresh: FreshHouse
before(async () => {
  fresh = await freshHouse()
})
after(() => fresh.drop())

type Wanted = Omit<Transfer, 'id' | 'period' | 'reason'> & Partial<Pick<Transfer, 'period' | 'reason'>>
const operation = <Result>(work: Parameters<typeof alone<Result>>[2]) =>
  alone(fresh.house, { principal: 'tester', key: randomUUID(), command: 'test.post', input: null }, work)

const posting = (transfers: readonly Wanted[]) =>
  operation(async (writer) => {
    await post(
      writer,
      transfers.map((transfer) => ({ id: writer.nextId(), period: '2026-11-01', reason: 'charge', ...transfer })),
    )
    return null
  })

const owes = (owner: string) => ({ owner, kind: 'unbilled_receivable' as const })
const earns = (owner: string) => ({ owner, kind: 'usage_revenue' as const })
const nobody = () => randomUUID()
const balances = async (owners: readonly string[], before?: Date) =>
  new Map(
    (await balancesOf(fresh.database.pool, owners, before)).map(({ owner, kind, currency, nanos }) => [
      `${owner} ${kind} ${currency}`,
      nanos,
    ]),
  )

test('a transfer moves the same amount on two accounts, each told on its own normal side', async () => {
  const [project, provider] = [nobody(), nobody()]
  await posting([{ debit: owes(project), credit: earns(provider), currency: 'THB', nanos: 1_500_000_001n }])
  await posting([
    { debit: earns(provider), credit: owes(project), currency: 'THB', nanos: 2_000_000_000n, reason: 'reversal' },
  ])
  const after = await balances([project, provider])
  assert.equal(after.get(`${project} unbilled_receivable THB`), -499_999_999n)
  assert.equal(after.get(`${provider} usage_revenue THB`), -499_999_999n)
})

test('each currency is an account of its own', async () => {
  const [project, provider] = [nobody(), nobody()]
  const move = { debit: owes(project), credit: earns(provider), nanos: 10n ** 29n - 1n }
  await posting([
    { ...move, currency: 'THB' },
    { ...move, currency: 'EUR', nanos: 1n },
    { ...move, currency: 'CREDIT', nanos: 7n },
  ])
  const after = await balances([project])
  assert.deepEqual(Object.fromEntries(after), {
    [`${project} unbilled_receivable THB`]: 10n ** 29n - 1n,
    [`${project} unbilled_receivable EUR`]: 1n,
    [`${project} unbilled_receivable CREDIT`]: 7n,
  })
})

test('balances now and at every past moment are the sum of what was posted, whatever was posted', async () => {
  const kinds: readonly AccountKind[] = ['unbilled_receivable', 'usage_revenue']
  const transfer = fc.record({
    debit: fc.nat(3),
    credit: fc.nat(3),
    kinds: fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...kinds)),
    currency: fc.constantFrom('THB', 'EUR'),
    nanos: fc.bigInt(1n, 10n ** 24n),
  })
  const operations = fc.array(fc.array(transfer, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(operations, async (pages) => {
      const owners = Array.from({ length: 4 }, nobody)
      const naive = new Map<string, bigint>()
      const moments: { before: Date; expected: Map<string, bigint> }[] = []
      for (const page of pages) {
        const wanted = page
          .map(({ debit, credit, kinds: [of, to], currency, nanos }) => ({
            debit: { owner: owners[debit]!, kind: of },
            credit: { owner: owners[credit]!, kind: to },
            currency,
            nanos,
          }))
          .filter(({ debit, credit }) => debit.owner !== credit.owner || debit.kind !== credit.kind)
        await posting(wanted)
        for (const { debit, credit, currency, nanos } of wanted) {
          for (const [side, { owner, kind }] of [
            [1n, debit],
            [-1n, credit],
          ] as const) {
            const sign = kind === 'unbilled_receivable' ? side : -side
            const key = `${owner} ${kind} ${currency}`
            naive.set(key, (naive.get(key) ?? 0n) + sign * nanos)
          }
        }
        const [clock] = await rows<{ now: Date }>(fresh.database.pool, `select clock_timestamp() as now`)
        // The clock of JavaScript is coarser: the next millisecond is surely after it.
        await new Promise((resolve) => setTimeout(resolve, 2))
        moments.push({ before: new Date(clock!.now.getTime() + 1), expected: new Map(naive) })
      }
      assert.deepEqual(await balances(owners), naive)
      for (const { before: moment, expected } of moments) {
        const then = await balances(owners, moment)
        for (const [key, nanos] of then) assert.equal(nanos, expected.get(key) ?? 0n)
        for (const [key, nanos] of expected) assert.equal(then.get(key), nanos)
      }
      const all = await rows<{ currency: string; difference: string }>(
        fresh.database.pool,
        `select currency, sum(case normal_side when 'debit' then posted else -posted end)::text as difference
           from ledger.accounts group by currency`,
      )
      for (const { difference } of all) assert.equal(Number(difference), 0, 'debits are credits')
    }),
    { numRuns: 12 },
  )
})

test('the history of an account is numbered without a gap and read in pages, newest first', async () => {
  const [project, provider] = [nobody(), nobody()]
  for (let each = 1; each <= 7; each++) {
    const forth = { debit: owes(project), credit: earns(provider) }
    const back = { debit: earns(provider), credit: owes(project) }
    await posting([{ ...(each % 3 === 0 ? back : forth), currency: 'THB', nanos: BigInt(each) }])
  }
  const [account] = await balancesOf(fresh.database.pool, [project])
  const pages: string[][] = []
  for (let from: bigint | null = null; ; ) {
    const page = await history(fresh.database.pool, account!.account, from, 3)
    if (page.length === 0) break
    pages.push(
      page.map(({ entry, side, balance_after }) => `${entry} ${side} ${BigInt(balance_after.replace('.', ''))}`),
    )
    from = BigInt(page.at(-1)!.entry)
  }
  assert.deepEqual(pages, [
    ['7 debit 10', '6 credit 3', '5 debit 9'],
    ['4 debit 4', '3 credit 0', '2 debit 3'],
    ['1 debit 1'],
  ])
})

test('a closed period takes no transfers, and takes them again when it is reopened', async () => {
  const [project, provider] = [nobody(), nobody()]
  const late = { debit: owes(project), credit: earns(provider), currency: 'THB', nanos: 5n, period: '2025-01-01' }
  await operation(async (writer) => {
    await setPeriod(writer, '2025-01-01', 'closed')
    return null
  })
  assert.equal((await periodState(fresh.database.pool, '2025-01-01'))?.state, 'closed')
  await assert.rejects(posting([{ ...late, period: '2025-02-01' }, late]), { type: 'period-closed' })
  assert.deepEqual(await balances([project]), new Map(), 'nothing of the operation is left')
  await operation(async (writer) => {
    await setPeriod(writer, '2025-01-01', 'open')
    return null
  })
  await posting([late])
  assert.equal((await balances([project])).get(`${project} unbilled_receivable THB`), 5n)
})

test('operations on the same accounts in opposite order at once all come through, and sum up', async () => {
  const owners = Array.from({ length: 6 }, nobody)
  const provider = nobody()
  const one = owners.map((owner) => ({ debit: owes(owner), credit: earns(provider), currency: 'THB', nanos: 1n }))
  const other = [...one].reverse()
  await Promise.all(Array.from({ length: 16 }, (_, index) => posting(index % 2 ? one : other)))
  const sums = await balances([...owners, provider])
  for (const owner of owners) assert.equal(sums.get(`${owner} unbilled_receivable THB`), 16n)
  assert.equal(sums.get(`${provider} usage_revenue THB`), 96n)
  const gaps = await rows(
    fresh.database.pool,
    `select account from ledger.entries group by account
      having count(*) <> max(entry) or min(entry) <> 1 or count(distinct entry) <> count(*)`,
  )
  assert.deepEqual(gaps, [])
})

test('the database itself refuses what no program may write, and says which rule it broke', async () => {
  const [project, provider] = [nobody(), nobody()]
  const move = { debit: owes(project), credit: earns(provider), currency: 'THB' }
  await assert.rejects(posting([{ ...move, nanos: 0n }]), { constraint: 'amount_is_positive' })
  await assert.rejects(posting([{ ...move, nanos: -1n }]), { constraint: 'amount_is_positive' })
  await assert.rejects(posting([{ ...move, nanos: 10n ** 29n }]), { constraint: 'amount_is_positive' })
  await assert.rejects(posting([{ ...move, credit: move.debit, nanos: 1n }]), { constraint: 'sides_are_two_accounts' })
  await posting([{ ...move, nanos: 10n ** 29n - 1n }])
  // The sum of many is no reason to refuse one: a neighbour's debt would stop everybody's charges.
  await posting([{ ...move, nanos: 10n ** 29n - 1n }])
  await assert.rejects(fresh.database.pool.query('delete from ledger.transfers'), { code: '25006' })
})
