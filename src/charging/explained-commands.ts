import type { House } from '../operations/house.ts'
import type { Speaker } from '../terminal/speaker.ts'
import { numbered, numberOf } from '../values/id.ts'
import { explain, type Explanation, findRecords } from './explain-commands.ts'
import { explanationJson } from './explain-json.ts'
import { tellRecord } from './explain-text.ts'
import type { Memory } from './memory-commands.ts'
import { Payers } from './payer-commands.ts'
import { explainReservation } from './settlement/explain-commands.ts'
import { reservationExplanation } from './settlement/explain-json.ts'
import { tellReservation } from './settlement/explain-text.ts'
import { explainTrueUp } from './true-up/explain-commands.ts'
import { trueUpExplanation } from './true-up/explain-json.ts'
import { tellTrueUp } from './true-up/explain-text.ts'

/** An explanation for programs and for people. */
export type Explained = { readonly document: object; tell(speaker: Speaker): void }

/** Whether somebody may look at what concerns these parties. */
export type MayRead = (owners: readonly (string | null)[]) => Promise<boolean>

const line = `\n${'─'.repeat(72)}\n`

/** Why a charge, a record, a job or a reservation cost what it did; undefined when nothing is known of it. */
export async function explainAny(
  house: House,
  memory: Memory,
  what: string,
  mayRead: MayRead,
): Promise<Explained | undefined> {
  const reservation = numberOf('reservation', what)
  const settlement = numberOf('settlement', what)
  if (reservation !== undefined) return await ofReservation(house, memory, { reservation }, mayRead)
  if (settlement !== undefined) return await ofReservation(house, memory, { settlement }, mayRead)
  const trueUp = numberOf('trueUp', what)
  if (trueUp !== undefined) return await ofTrueUp(house, memory, trueUp, mayRead)
  const explanations: Explanation[] = []
  for (const record of await findRecords(house, what)) {
    const { project, person, provider } = record
    if (await mayRead([project, person, provider])) explanations.push(await explain(house, record, memory))
  }
  if (explanations.length === 0) return undefined
  const charge = numberOf('charge', what)
  const asked = charge === undefined ? null : numbered('charge', charge)
  return {
    document: { asked, records: explanations.map(explanationJson) },
    tell(speaker) {
      for (const [index, explanation] of explanations.entries()) {
        if (index > 0) speaker.say(line)
        tellRecord(speaker, explanation, house.zone, asked)
      }
    },
  }
}

async function ofTrueUp(house: House, memory: Memory, id: bigint, mayRead: MayRead): Promise<Explained | undefined> {
  const found = await explainTrueUp(house, memory, id)
  if (!found || !(await mayRead([found.row.project, found.row.provider]))) return undefined
  return { document: trueUpExplanation(found), tell: (speaker) => tellTrueUp(speaker, found, house.zone) }
}

async function ofReservation(
  house: House,
  memory: Memory,
  wanted: Parameters<typeof explainReservation>[3],
  mayRead: MayRead,
): Promise<Explained | undefined> {
  const payers = new Payers(house)
  const found = await explainReservation(house, memory, (row) => payers.payerOf(row), wanted)
  if (!found) return undefined
  const { payer, project, person, provider } = found.whole.row
  if (!(await mayRead([payer, project, person, provider]))) return undefined
  return {
    document: reservationExplanation(found),
    tell: (speaker) => tellReservation(speaker, found, house.zone),
  }
}
