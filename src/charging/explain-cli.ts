import type { House } from '../operations/house.ts'
import type { Register } from '../terminal/door.ts'
import { type ThereOf, withQuery } from '../terminal/there.ts'
import { Refusal, WrongUsage } from '../values/refusal.ts'
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
        if (what.trim() === '') throw new WrongUsage(`“${what}” is nothing to explain.`, remedy)
        const there = await thereOf(door)
        if (there) {
          const told = await there.find(withQuery('/api/v1/explanations', { of: what }))
          if (!told) throw unknown(what)
          const { text, ...document } = told
          door.answer(document)
          door.say(String(text))
          return
        }
        const house = await door.house()
        const found = await explainAny(house, newMemory(house.zone), what, async () => true)
        if (!found) throw unknown(what)
        door.answer(found.document)
        found.tell(door)
      })
  }

const remedy = 'Give a charge (chg_…), a record (rec_…) or the number of a job.'

function unknown(what: string): Refusal {
  if (/^(res|set)_/.test(what))
    return new Refusal(`There is no ${what}.`, 'bursar reservations lists those that there are.')
  if (what.startsWith('tru_'))
    return new Refusal(`There is no ${what}.`, 'bursar statement --project NAME names those that there are.')
  return new Refusal(`Nothing is known of “${what}”.`, remedy)
}
