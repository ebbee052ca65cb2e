import { mayTouch, type Principal } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { parseId, uuidOf } from '../values/id.ts'
import { meetNames } from './commands.ts'
import { knownAmong, partyByName } from './people/sql.ts'
import { KnownParties } from './memory.ts'
import * as sql from './sql.ts'
import { PartiesWatch } from './watch-commands.ts'

/** Who can have a wallet. */
export type NamedPayer = {
  readonly kind: 'organisation' | 'project' | 'person'
  /** UUID. */
  readonly id: string
}

const rememberedMax = 20_000

/** Says the same of what belongs to others. */
function noPayer(text: string): Problem {
  const hint = /^(org|prj|per)_/.test(text)
    ? ''
    : ' Name an organisation or a person by its id: only projects go by name.'
  return new Problem('not-found', { detail: `There is no payer “${text}”.${hint}` })
}

/** By the text that a request names somebody with. */
type Met = {
  readonly payers: Map<string, NamedPayer>
  readonly person: Map<string, string>
  readonly provider: Map<string, string>
}
const nobody = (): Met => ({ payers: new Map(), person: new Map(), provider: new Map() })

/**
 * Finds parties as requests name them, by id or name. Whom it met before it knows without a statement, and at once, which
 * is what the busiest doors ask first.
 */
export class Directory {
  readonly #house: House
  /** Who earns where a request does not say it. */
  readonly #standardProvider: string
  readonly #watch: PartiesWatch
  #met = nobody()

  constructor(house: House, standardProvider: string) {
    this.#house = house
    this.#standardProvider = standardProvider
    this.#watch = new PartiesWatch(house, () => (this.#met = nobody()))
  }

  knownPayer(text: string): NamedPayer | undefined {
    return this.#watch.isFresh ? this.#met.payers.get(text) : undefined
  }

  knownProvider(text: string | undefined): string | undefined {
    return this.#watch.isFresh ? this.#met.provider.get(text ?? this.#standardProvider) : undefined
  }

  /**
   * `prj_…`, `org_…`, `per_…`, or the name of a project.
   *
   * @throws Problem `not-found`
   */
  async payer(text: string): Promise<NamedPayer> {
    const { payers } = await this.#asItIs()
    const known = payers.get(text)
    if (known) return known
    const found = await this.#findPayer(text)
    if (!found) throw noPayer(text)
    payers.set(text, found)
    return found
  }

  /** The same, for whoever may act for it: what belongs to others is told as what is not there. */
  async payerFor(principal: Principal, text: string): Promise<NamedPayer> {
    return allowed(await this.payer(text), principal, text)
  }

  /** That, at once. */
  knownPayerFor(principal: Principal, text: string): NamedPayer | undefined {
    const known = this.knownPayer(text)
    return known && allowed(known, principal, text)
  }

  /** The UUID of a person, by id or name. @throws Problem `not-found` */
  async person(text: string): Promise<string> {
    return await this.#other('person', text)
  }

  /** The UUID of a provider, by id or name; of the site itself when none is named. @throws Problem `not-found` */
  async provider(text: string | undefined): Promise<string> {
    if (text !== undefined) return await this.#other('provider', text)
    const name = this.#standardProvider
    const known = (await this.#asItIs()).provider.get(name)
    if (known !== undefined) return known
    if ((await this.#find('provider', name)) === undefined) {
      const wanted = { source: '*', projects: [], people: [], providers: [name] }
      await meetNames(this.#house, 'bursar', wanted, new KnownParties())
    }
    return await this.#other('provider', name)
  }

  async #other(kind: 'person' | 'provider', text: string): Promise<string> {
    const met = (await this.#asItIs())[kind]
    const known = met.get(text)
    if (known !== undefined) return known
    const found = await this.#find(kind, text)
    if (found === undefined) throw new Problem('not-found', { detail: `There is no ${kind} “${text}”.` })
    met.set(text, found)
    return found
  }

  async #find(kind: 'person' | 'provider', text: string): Promise<string | undefined> {
    const reader = this.#house.database.pool
    const id = parseId(kind, text)
    if (id) return (await knownAmong(reader, [uuidOf(id)]))[0]?.party
    return (await partyByName(reader, kind, text))?.id
  }

  async #findPayer(text: string): Promise<NamedPayer | undefined> {
    const reader = this.#house.database.pool
    for (const kind of ['organisation', 'person'] as const) {
      const id = parseId(kind, text)
      if (!id) continue
      const [found] = await knownAmong(reader, [uuidOf(id)])
      return found && { kind, id: found.party }
    }
    const id = parseId('project', text)
    const uuid = id ? uuidOf(id) : (await partyByName(reader, 'project', text))?.id
    const found = uuid === undefined ? undefined : await sql.projectById(reader, uuid)
    return found && { kind: 'project', id: found.project }
  }

  /** What is found from now on belongs to these, which are dropped when a change is seen meanwhile. */
  async #asItIs(): Promise<Met> {
    await this.#watch.look()
    const { payers, person, provider } = this.#met
    if (payers.size + person.size + provider.size > rememberedMax) this.#met = nobody()
    return this.#met
  }
}

function allowed(payer: NamedPayer, principal: Principal, text: string): NamedPayer {
  if (!mayTouch(principal, [payer.id])) throw noPayer(text)
  return payer
}
