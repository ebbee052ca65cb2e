import { test } from 'node:test'
import { loseAnswers } from './lost-answers.ts'
import { seedOfRun as seed } from './random.ts'

test(`commits whose answer is lost have one effect each (seed ${seed})`, async (t) => {
  t.diagnostic(await loseAnswers({ commits: 60, seed }))
})
