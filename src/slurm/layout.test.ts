import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { readSlurm } from '../../test/slurm.ts'

const idsOf = ({ facts }: { facts: { externalId: string }[] }) =>
  facts.map(({ externalId }) => externalId.split('/')[1])

test('a header that names other columns ends the reading: behind it each value would be taken for another', async () => {
  const plain = 'JobIDRaw|Cluster|Account|User|State|Submit|Start|End|ElapsedRaw|AllocTRES'
  const job = (id: number, more = '') => `${id}|site|physics|alice|COMPLETED|1000|1060|1120|60|cpu=2${more}\n`
  const others = [
    plain.replace('Account|User', 'User|Account'),
    plain.replace('Submit|Start', 'Start|Submit'),
    plain.replace('JobIDRaw|Cluster', 'Cluster|JobIDRaw'),
    `${plain}|NodeList`,
    `${plain}\r`,
  ]
  for (const other of others) {
    const both = `${plain}\n${job(1)}${plain}\n${job(2)}${other}\n${job(3)}`
    await assert.rejects(readSlurm(both), /line 5 is a header that is not the one of the first line/)
  }
  const again = await readSlurm(`\uFEFF${plain}\n${job(1)}\uFEFF${plain}\n${job(2)}`)
  assert.deepEqual(idsOf(again), ['1', '2'])
  // The rest of a name stops nobody.
  const named = await readSlurm(`${plain}|JobName\n${job(1, '|x')}${job(2, '|x\nState|User|Account')}${job(3, '|x')}`)
  assert.ok(idsOf(named).includes('1') && idsOf(named).includes('3'))
})
