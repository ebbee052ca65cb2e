import { randomUUID } from 'node:crypto'
import type { Asking } from '../../credits/commands.ts'
import type { Desk } from '../../credits/desk.ts'
import type { Reader } from '../../database/reader.ts'
import type { Answered } from '../../operations/alone.ts'
import { accountShelf } from '../account/shelf-commands.ts'
import type { JobDesk } from '../job/commands.ts'
import type { Job } from '../job/job.ts'
import type { JobCommand } from '../job/reserve.ts'
import { jobOf, jobShelf, usageWriter } from '../job/shelf-commands.ts'
import type { JobRules } from '../rules.ts'
import { storageCost } from './cost.ts'
import { jobAt, type StorageJobs } from './level.ts'
import * as sql from './sql.ts'
import { chargeStorage, storeCommand, type StorageShelf, type StorageTold, type Storing } from './use.ts'

/** What waited for its turn was in time when it came. */
const waitedMost = 86_400

/** Storage of projects as the desk of a batch holds it: what ended before usage may be told for cannot change any more. */
const storageShelf = ({ pastSeconds }: JobRules): StorageShelf => ({
  async read(reader, projects) {
    const endedAfter = new Date(Date.now() - (pastSeconds + waitedMost) * 1000)
    const found = await sql.storageJobs(reader, projects, endedAfter)
    const byProject = Map.groupBy(found.map(jobOf), ({ project }) => project)
    return new Map(
      projects.map((id): [string, StorageJobs] => [id, { jobs: byProject.get(id) ?? [], touched: new Set() }]),
    )
  },
  async write(writer, changed) {
    await jobShelf.write(
      writer,
      changed.flatMap(({ touched }) => [...touched]),
    )
  },
})

/** Takes how much projects store, and charges it. */
export class Storage {
  readonly #desk: JobDesk
  /** One for all that it does: a batch knows by it whose rows it has read. */
  readonly #shelf: StorageShelf

  constructor(desk: JobDesk) {
    this.#desk = desk
    this.#shelf = storageShelf(desk.rules)
  }

  /** How much a project stores from a moment on. */
  async store(asking: Asking, told: StorageTold): Promise<Answered> {
    const { project, vlab, said, at } = told
    return await this.#submit(
      asking,
      'jobs.store',
      { project, said },
      { project, vlab },
      at,
      (reservation, storing, look) => storeCommand(told, reservation, storing, look),
    )
  }

  /** Charges what a project stores up to now. */
  async charge(of: { readonly project: string; readonly vlab: string }, now: number): Promise<void> {
    const asking = { principal: 'bursar', key: `charge storage ${of.project} ${randomUUID()}` }
    await this.#submit(asking, 'jobs.chargeStorage', { project: of.project }, of, now, (reservation, storing, look) =>
      chargeStorage(of, now, reservation, storing, look),
    )
  }

  /** Projects whose storage was not charged for so long, a page of them. */
  due(chargedBefore: number, after: string, limit: number) {
    return sql.dueStorage(this.#desk.counter.credits.house.database.pool, new Date(chargedBefore), after, limit)
  }

  async #submit(
    asking: Asking,
    command: string,
    input: unknown,
    { project, vlab }: { readonly project: string; readonly vlab: string },
    at: number,
    rule: (reservation: bigint | undefined, storing: Storing, look: JobCommand['wants']['look']) => JobCommand,
  ): Promise<Answered> {
    const desk = this.#desk
    const { credits } = desk.counter
    await Promise.all([project, vlab].map((owner) => credits.open(owner, desk.currency)))
    let isOut = false
    const answered = await desk.untilSeen(undefined, async (reservation, isAgain) => {
      const storing: Storing = {
        shelf: this.#shelf,
        accounts: accountShelf,
        billing: await desk.billing(),
        costOf: storageCost(await desk.prices.book()),
        newId: randomUUID,
        event: (turn, job, event) => usageWriter.event(turn, job, event),
        problem: (turn, problem) => usageWriter.problem(turn, problem),
        onRanOut: () => (isOut = true),
      }
      const look = async (reader: Reader, state: Desk) => {
        const stored = state.shelves.of(this.#shelf).rows.get(project)
        const job: Job | undefined = stored && jobAt(stored, at)
        if (!job) return
        await desk.lookAtPaid(reader, state, job)
        job.lackedPrice = await sql.lackedPrice(reader, job.id)
      }
      return await credits.submit(asking, command, input, rule(reservation, storing, isAgain ? look : undefined))
    })
    if (isOut) desk.onRanOut(project)
    return answered
  }
}
