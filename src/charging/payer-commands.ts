import type { House } from '../operations/house.ts'
import { Problem } from '../http/problem.ts'
import { organisationById, projectById } from '../parties/commands.ts'
import { PartiesWatch } from '../parties/watch-commands.ts'
import { idOf } from '../values/id.ts'
import type { Payer } from './rater.ts'

type Asked = { readonly payer: string; readonly project: string | null; readonly person: string | null }

/** Always the same object while the parties stand, so that its prices can be remembered by it. */
export type ProjectPayer = Payer & {
  readonly project: string
  /** The revision of the parties by which it was found. */
  readonly parties: string
}

/** Everybody whose budget counts; by a revision of the parties where these decide it. */
export type Owners = {
  readonly all: readonly string[]
  readonly parties: string | undefined
  /** Why that payer does not pay for that project. */
  readonly fault: Problem | undefined
}

const rememberedMax = 20_000

/** Whose wallets and prices usage that is asked for concerns. */
export class Payers {
  readonly #house: House
  readonly #watch: PartiesWatch
  #known = new Map<string, ProjectPayer>()

  constructor(house: House) {
    this.#house = house
    this.#watch = new PartiesWatch(house, () => (this.#known = new Map()))
  }

  /** Everybody whose budget counts: the payer, the project and its organisation, the person. */
  async ownersOf(asked: Asked): Promise<Owners> {
    return ownersBy(asked, asked.project === null ? undefined : await this.payerOf(asked))
  }

  /** The same at once, when the project is remembered. */
  knownOwnersOf(asked: Asked): Owners | undefined {
    if (asked.project === null) return ownersBy(asked, undefined)
    const found = this.knownPayerOf(asked)
    return found && ownersBy(asked, found)
  }

  /** What was found by this revision of the parties stands no more. */
  isOver(revision: string): void {
    this.#watch.isOver(revision)
  }

  /** The payer at once, when it is remembered. */
  knownPayerOf({ payer, project }: Asked): ProjectPayer | undefined {
    return this.#watch.isFresh ? this.#known.get(project ?? payer) : undefined
  }

  /**
   * The organisation and tier that decide prices: of the project, else of the paying organisation; a person who pays
   * alone has the default tier.
   *
   * @throws Problem `not-found` when the project does not exist
   */
  async payerOf({ payer, project, person }: Asked): Promise<ProjectPayer> {
    await this.#watch.look()
    if (this.#known.size > rememberedMax) this.#known = new Map()
    // What is found now belongs to this map, which is dropped when a change is seen meanwhile.
    const known = this.#known
    const parties = this.#watch.revision
    const key = project ?? payer
    let found = known.get(key)
    if (!found) {
      found = { ...(await this.#find(payer, project, person)), project: key, parties }
      known.set(key, found)
    }
    return found
  }

  async #find(payer: string, project: string | null, person: string | null): Promise<Payer> {
    const reader = this.#house.database.pool
    if (project !== null) {
      const party = await projectById(reader, project)
      if (!party) throw new Problem('not-found', { detail: `There is no project ${idOf('project', project)}.` })
      return { organisation: party.organisation, tier: party.tier }
    }
    if (payer === person) return { organisation: payer, tier: 'default' }
    const organisation = await organisationById(reader, payer)
    if (!organisation)
      throw new Problem('not-found', { detail: `There is no organisation ${idOf('organisation', payer)}.` })
    return { organisation: payer, tier: organisation.tier }
  }
}

function ownersBy({ payer, project, person }: Asked, found: ProjectPayer | undefined): Owners {
  const organisation = found?.organisation
  const isForeign = organisation !== undefined && payer !== organisation && payer !== project && payer !== person
  const all = [payer]
  for (const owner of [project, organisation, person]) {
    if (owner != null && !all.includes(owner)) all.push(owner)
  }
  return { all, parties: found?.parties, fault: isForeign ? notItsOrganisation() : undefined }
}

const notItsOrganisation = () =>
  new Problem('request-invalid', {
    issues: [{ field: 'body.payer', message: 'is not the organisation of that project' }],
  })
