import { freeStates, type PolicyDefinition, type PriceVersion } from './definition.ts'

/** A refusal to charge, or to know what to charge, with its reason. `uses` are the versions that decided it. */
export type NotCharged = {
  readonly outcome: 'free' | 'unpriced'
  readonly reason: string
  readonly uses: readonly bigint[]
}

/** A policy ready to run. A state that it does not name follows the safe defaults, then `otherwise`. */
export type Policy = {
  readonly version: PriceVersion | undefined
  readonly splits: boolean
  readonly free: ReadonlyMap<string, NotCharged>
  /** What a state is that neither the policy nor the defaults name. */
  readonly otherwise: 'charge' | 'free'
  readonly charged: ReadonlySet<string>
  readonly uses: readonly bigint[]
}

export function compilePolicy(version: PriceVersion | undefined): Policy {
  const { endStates = {}, otherwise = 'charge', crossing = 'end' } = (version?.definition ?? {}) as PolicyDefinition
  const uses = version ? [version.id] : []
  const named = { ...Object.fromEntries(freeStates.map((state) => [state, 'free'])), ...endStates }
  const by = version ? 'by the policy of its price' : 'by default'
  const free = (state: string): NotCharged => ({ outcome: 'free', reason: `end state ${state} is free ${by}`, uses })
  const states = Object.entries(named)
  return {
    version,
    splits: crossing === 'split',
    free: new Map(states.filter(([, verdict]) => verdict === 'free').map(([state]) => [state, free(state)])),
    otherwise,
    charged: new Set(states.filter(([, verdict]) => verdict === 'charge').map(([state]) => state)),
    uses,
  }
}

/** Why usage that ended in this state costs nothing; undefined when it is charged. */
export function freeOf(policy: Policy, state: string): NotCharged | undefined {
  const free = policy.free.get(state)
  if (free || policy.otherwise === 'charge' || policy.charged.has(state)) return free
  return { outcome: 'free', reason: `end state ${state} is free by the policy of its price`, uses: policy.uses }
}
