import { grouped } from '../proof/telling.ts'
import { fuzz } from './fuzz.ts'

/** For `npm run proof`: what a long run came to, or all that went wrong in it. */
export async function fuzzed(requests: number, seed: number, say: (text: string) => void): Promise<string> {
  const found = await fuzz(requests, seed, (count) => {
    if (count % 10_000 === 0) say(`  ${grouped(count)} requests`)
  })
  const { validShare, unreached, broken, unproved } = found
  const share = `${Math.floor(validShare * 100)} % of them passed validation`
  const wrong = [
    ...unreached.map((id) => `${id} never succeeded`),
    ...broken,
    ...unproved,
    ...(validShare < 0.3 ? [share] : []),
  ]
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return `${grouped(requests)} requests, ${share}, every operation succeeded, nothing broke, the books are proved`
}
