import type { Random } from '../proof/random.ts'

const kept = 30

/** What has such a field is such a thing. */
const kindsOfJobs = [
  ['service_type', 'price_id'],
  ['discount', 'discount_id'],
  ['service_subtype', 'job_id'],
  ['vlab_id', 'proj_id'],
  ['balance', 'vlab_id'],
  ['enabled', 'vlab_id'],
] as const

const kindOf: Readonly<Record<string, string>> = { prj: 'project', org: 'organisation', per: 'person', prv: 'provider' }
/** Fields that mean the same under another name. */
const alike: Readonly<Record<string, readonly string[]>> = {
  payer: ['project', 'project', 'organisation', 'person'],
  from: ['project'],
  to: ['project'],
  cursor: ['next'],
  of: ['set', 'res', 'chg'],
  debited_from: ['proj_id'],
  credited_to: ['proj_id'],
}

/** What answers told of: ids by their prefix, parties by their kind, and other texts by the name of their field. */
export class Pool {
  readonly #texts = new Map<string, string[]>()
  readonly #spared: ReadonlySet<string>

  /** `spared` are never used: whoever revokes the key it asks with asks no more. */
  constructor(spared: readonly string[]) {
    this.#spared = new Set(spared)
  }

  learn(value: unknown, name = ''): void {
    if (typeof value === 'string') {
      const prefix = prefixOf(value)
      this.#keep(prefix ?? name, value)
    } else if (typeof value === 'object' && value !== null && !isOfJobs(value)) {
      for (const [field, inner] of Object.entries(value)) this.learn(inner, Array.isArray(value) ? name : field)
      this.#learnParty(value)
      this.#learnJobs(value)
    }
  }

  #learnParty({ id, name }: { readonly id?: unknown; readonly name?: unknown }): void {
    const kind = typeof id === 'string' ? kindOf[prefixOf(id) ?? ''] : undefined
    if (kind === undefined || typeof name !== 'string') return
    this.#keep(kind, name)
    this.#keep(kind, id as string)
  }

  /** At the job doors the names of things stand in the paths, and their answers say id. */
  #learnJobs(value: object): void {
    const { id } = value as { readonly id?: unknown }
    const kind = kindsOfJobs.find(([field]) => field in value)?.[1]
    if (kind !== undefined && (typeof id === 'string' || typeof id === 'number')) this.#keep(kind, String(id))
  }

  #keep(name: string, text: string): void {
    if (text === '' || text.length > 200 || this.#spared.has(text)) return
    const texts = this.#texts.get(name) ?? []
    if (!texts.includes(text)) texts.push(text)
    if (texts.length > kept) texts.shift()
    this.#texts.set(name, texts)
  }

  /** Something known that fits: of ids, most often one of the last. */
  pick(name: string, hasPattern: boolean, fits: (text: string) => boolean, random: Random): string | undefined {
    const names = alike[name] ?? [name]
    const own = (this.#texts.get(names[random(names.length)] as string) ?? []).filter(fits)
    const known = own.length > 0 || !hasPattern ? own : this.#ids.filter(fits)
    if (known.length === 0) return undefined
    return random(2) === 0 ? known.at(-1 - random(Math.min(3, known.length))) : known[random(known.length)]
  }

  get #ids(): string[] {
    return [...this.#texts].flatMap(([of, texts]) => (/^[a-z]{2,3}$/.test(of) ? texts : []))
  }
}

const prefixOf = (text: string): string | undefined => /^([a-z]{2,3})_[0-9a-f]+$/.exec(text)?.[1]

/** What belongs to no job is not there to be asked for; what is held for one moves by what the job tells. */
const isOfJobs = (value: object): boolean =>
  ('reason' in value && 'job_id' in value) ||
  ('service' in value && /^(oneshot|longrun|storage)$/.test(String(value.service)))
