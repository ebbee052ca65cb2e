import { mayTouch, type Principal } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { parseId, uuidOf } from '../values/id.ts'
import { meetNames } from './commands.ts'
import { knownAmong, partyByName } from './people/sql.ts'
import { KnownParties } from './memory.ts'
import * as sql from './sql.ts'

/** Who can have a wallet. */
export type NamedPayer = {
  readonly kind: 'organisation' | 'project' | 'person'
  /** UUID. */
  readonly id: string
  /** Of a project. */
  readonly organisation: string | null
}

/** So long what was found counts as it was: an import is in force everywhere after it. */
const rememberedFor = 1_000
const rememberedMax = 20_000

/** Says the same of what belongs to others. */
function noPayer(text: string): Problem {
  const hint = /^(org|prj|per)_/.test(text)
    ? ''
    : ' Name an organisation or a person by its id: only projects go by name.'
  return new Problem('not-found', { detail: `There is no payer “${text}”.${hint}` })
}

/** Finds parties as requests name them, by id or name; whom it met a moment ago it knows without a statement. */
export class Directory {
  readonly #house: House
  /** Who earns where a request does not say it. */
  readonly #standardProvider: string
  #payers = new Map<string, NamedPayer>()
  #others = new Map<string, string>()
  #since = 0

  constructor(house: House, standardProvider: string) {
    this.#house = house
    this.#standardProvider = standardProvider
  }

  /**
   * `prj_…`, `org_…`, `per_…`, or the name of a project.
   *
   * @throws Problem `not-found`
   */
  async payer(text: string): Promise<NamedPayer> {
    this.#forgetInTime()
    const known = this.#payers.get(text)
    if (known) return known
    const found = await this.#findPayer(text)
    if (!found) throw noPayer(text)
    this.#payers.set(text, found)
    return found
  }

  /** The same, for whoever may act for it: what belongs to others is told as what is not there. */
  async payerFor(principal: Principal, text: string): Promise<NamedPayer> {
    const found = await this.payer(text)
    if (!mayTouch(principal, [found.id])) throw noPayer(text)
    return found
  }

  /** The UUID of a person, by id or name. @throws Problem `not-found` */
  async person(text: string): Promise<string> {
    return await this.#other('person', text)
  }

  /** The UUID of a provider, by id or name; of the site itself when none is named. @throws Problem `not-found` */
  async provider(text: string | undefined): Promise<string> {
    if (text !== undefined) return await this.#other('provider', text)
    this.#forgetInTime()
    const name = this.#standardProvider
    const known = this.#others.get(`provider ${name}`)
    if (known !== undefined) return known
    if ((await this.#find('provider', name)) === undefined) {
      const wanted = { source: '*', projects: [], people: [], providers: [name] }
      await meetNames(this.#house, 'bursar', wanted, new KnownParties())
    }
    return await this.#other('provider', name)
  }

  async #other(kind: 'person' | 'provider', text: string): Promise<string> {
    this.#forgetInTime()
    const key = `${kind} ${text}`
    const known = this.#others.get(key)
    if (known !== undefined) return known
    const found = await this.#find(kind, text)
    if (found === undefined) throw new Problem('not-found', { detail: `There is no ${kind} “${text}”.` })
    this.#others.set(key, found)
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
      return found && { kind, id: found.party, organisation: null }
    }
    const id = parseId('project', text)
    const uuid = id ? uuidOf(id) : (await partyByName(reader, 'project', text))?.id
    const found = uuid === undefined ? undefined : await sql.projectById(reader, uuid)
    return found && { kind: 'project', id: found.project, organisation: found.organisation }
  }

  #forgetInTime(): void {
    const now = performance.now()
    if (now - this.#since <= rememberedFor && this.#payers.size + this.#others.size <= rememberedMax) return
    this.#payers = new Map()
    this.#others = new Map()
    this.#since = now
  }
}
