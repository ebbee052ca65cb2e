import { Counter } from '../charging/counter-commands.ts'
import { Credits } from '../credits/commands.ts'
import { type OpenedDoors, openDoors } from '../http/testing.ts'
import type { ServerSettings } from '../http/server.ts'
import type { House } from '../operations/house.ts'
import { freshHouse } from '../operations/testing.ts'
import { Directory } from '../parties/directory-commands.ts'
import { newJobParts } from './parts-commands.ts'
import { addJobDoors } from './routes.ts'

type After = { after(done: () => Promise<void>): void }

export type OpenedJobs = OpenedDoors & { readonly house: House; readonly credits: Credits }

/** The doors of this module over HTTP, on a database of their own; gone when the test has ended. */
export async function openJobDoors(t: After, settings: Partial<ServerSettings> = {}): Promise<OpenedJobs> {
  const fresh = await freshHouse()
  const { house } = fresh
  // A slow machine is no reason to refuse here.
  const credits = new Credits(house, { waitMaxMilliseconds: 60_000 })
  const counter = new Counter(credits)
  const parts = newJobParts(counter, new Directory(house, 'site'), 'CREDIT')
  const doors = await openDoors((server) => addJobDoors(server, parts), settings)
  t.after(async () => {
    await doors.close()
    await credits.lane.close()
    await fresh.drop()
  })
  return { ...doors, house, credits }
}
