import type { Reader } from '../../database/reader.ts'
import type { Account } from './account.ts'
import { Sharing } from './sharing-commands.ts'
import * as sql from './sql.ts'

/** What another process changed is heard of within this. */
const freshFor = 1_000
const rememberedMax = 100_000

/** Finds accounts; whom it met it knows from memory while nothing about accounts changed. */
export class Accounts {
  readonly #reader: Reader
  readonly #known = new Map<string, Account>()
  readonly #sharing: Sharing<string, Account>
  #system: Account | undefined
  #revision = ''
  #freshUntil = 0
  #forgotten = 0
  #refreshing: Promise<void> | undefined

  constructor(reader: Reader) {
    this.#reader = reader
    this.#sharing = new Sharing(
      async (ids) => new Map((await sql.accountsById(reader, ids)).map((one) => [one.id, one])),
    )
  }

  /** One that is in memory, and was so a moment ago. */
  known(id: string): Account | undefined {
    const known = performance.now() < this.#freshUntil ? this.#known.get(id) : undefined
    return known && enabled(known)
  }

  /** At once where it is known. What is disabled is not there. */
  find(id: string): Account | undefined | Promise<Account | undefined> {
    return this.known(id) ?? this.#look(id)
  }

  virtualLab(id: string): Account | undefined | Promise<Account | undefined> {
    return this.#of('virtual-lab', id)
  }

  project(id: string): Account | undefined | Promise<Account | undefined> {
    return this.#of('project', id)
  }

  async isVlab(id: string): Promise<boolean> {
    return (await this.virtualLab(id)) !== undefined
  }

  /** The virtual lab of a project; undefined when there is no such project. */
  async vlabOf(project: string): Promise<string | undefined> {
    return (await this.project(project))?.parent ?? undefined
  }

  /** The same, disabled or not. */
  async vlabOfAny(project: string): Promise<string | undefined> {
    const [found] = await sql.accountsById(this.#reader, [project])
    return found?.kind === 'project' ? (found.parent ?? undefined) : undefined
  }

  /** Once it is there, it stays. */
  async system(): Promise<Account | undefined> {
    this.#system ??= await sql.systemAccount(this.#reader)
    return this.#system
  }

  /** In this process a change holds at once; it is told here because it was made here. */
  forget(): void {
    this.#forgotten += 1
    this.#freshUntil = 0
    this.#refreshing = undefined
    this.#known.clear()
  }

  #of(kind: Account['kind'], id: string): Account | undefined | Promise<Account | undefined> {
    const ofKind = (found: Account | undefined) => (found?.kind === kind ? found : undefined)
    const found = this.find(id)
    return found instanceof Promise ? found.then(ofKind) : ofKind(found)
  }

  async #look(id: string): Promise<Account | undefined> {
    if (performance.now() >= this.#freshUntil) await this.#refresh()
    const known = this.#known.get(id)
    if (known) return enabled(known)
    const revision = this.#revision
    const forgotten = this.#forgotten
    const found = await this.#sharing.of(id)
    if (this.#known.size >= rememberedMax) this.#known.clear()
    // Else what was read just before a change would outlive it.
    if (found && revision === this.#revision && forgotten === this.#forgotten) this.#known.set(id, found)
    return found && enabled(found)
  }

  /** Asked once for all who wait. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#readRevision().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  async #readRevision(): Promise<void> {
    const now = performance.now()
    const forgotten = this.#forgotten
    const revision = await sql.revision(this.#reader)
    if (revision !== this.#revision) this.#known.clear()
    this.#revision = revision
    if (forgotten === this.#forgotten) this.#freshUntil = now + freshFor
  }
}

const enabled = (account: Account): Account | undefined => (account.enabled ? account : undefined)
