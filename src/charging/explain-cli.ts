import type { House } from '../operations/house.ts'
import type { Register } from '../terminal/door.ts'
import { type ThereOf, withQuery } from '../terminal/there.ts'
import { Refusal } from '../values/refusal.ts'
import { explainAny } from './explained-commands.ts'
import { newMemory } from './memory-commands.ts'

/** `bursar explain CHARGE|JOB` */
export const explainWith =
  (thereOf: ThereOf<House>): Register<House> =>
  (command, door) => {
    command
      .argument(
        '<what>',
        'a charge (chg_… or set_…), a true-up (tru_…), a record (rec_…), a reservation (res_…), or a job: 4, 13_2, lab/4 or lab/4/1795250309',
      )
      .action(async (what: string) => {
        const there = await thereOf(door)
        if (there) {
          const { text, ...document } = await there.get(withQuery('/api/v1/explanations', { of: what }))
          door.answer(document)
          door.say(String(text))
          return
        }
        const house = await door.house()
        const found = await explainAny(house, newMemory(house.zone), what, async () => true)
        if (!found) {
          if (/^(res|set)_/.test(what))
            throw new Refusal(`There is no ${what}.`, 'bursar reservations lists those that there are.')
          if (what.startsWith('tru_'))
            throw new Refusal(`There is no ${what}.`, 'bursar statement --project NAME names those that there are.')
          throw new Refusal(
            `Nothing is known of “${what}”.`,
            'Give a charge (chg_…), a record (rec_…) or the number of a job.',
          )
        }
        door.answer(found.document)
        found.tell(door)
      })
  }
