import { test } from 'node:test'
import { type Bound, crowdInOne, crowdInTwo } from './crowd.ts'
import { crowdAtDoors } from './http-crowd.ts'

for (const bound of ['wallet', 'budget'] as readonly Bound[]) {
  for (const holds of [1000, 5000]) {
    test(`of ${holds} holds of 0.10 at once on a ${bound} of 5.00, exactly 50 succeed`, async () => {
      await crowdInOne(holds, bound)
    })
  }

  test(`the same with two processes on a ${bound}`, async (t) => {
    t.diagnostic(await crowdInTwo(1000, bound))
  })
}

test('201, 402: the same over HTTP at two servers', async (t) => {
  t.diagnostic(await crowdAtDoors(1000, 2, 'wallet'))
})
