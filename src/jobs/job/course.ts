/** What a job told of itself. `at` is in whole seconds of the epoch. */
export type JobEvent = {
  readonly kind: 'oneshot' | 'started' | 'running' | 'finished'
  readonly at: number
  /** How many instances run from then on; null when the event does not say. */
  readonly instances: bigint | null
  /** What a oneshot job used; null for the others. */
  readonly count: bigint | null
}

/**
 * How a job went, as far as it was told.
 *
 *   waiting ──any event──▶ started ──running──▶ started ──finished──▶ finished, whatever is told for later times
 *
 * A job runs from the first time that anything was told for. Events count in the order of their times, not of their
 * arrival; of two finishes the earlier one stands, because a job that has ended uses nothing any more.
 */
export type Course = {
  readonly startedAt: number | null
  readonly aliveAt: number | null
  readonly finishedAt: number | null
  /** Of a oneshot job its count; else instances × seconds up to `aliveAt`. */
  readonly units: bigint
  /** That run since `aliveAt`. */
  readonly instances: bigint
  /** The latest time that anything was told for, before or after the end. */
  readonly toldAt: number | null
}

/** Nothing told yet; a job that does not say with how many instances it runs has those that were reserved. */
export const waiting = (reservedInstances: bigint): Course => ({
  startedAt: null,
  aliveAt: null,
  finishedAt: null,
  units: 0n,
  instances: reservedInstances,
  toldAt: null,
})

/** One event further; it comes after all before it (`isAfter`). */
export function advance(course: Course, event: JobEvent): Course {
  if (course.finishedAt !== null) return { ...course, toldAt: event.at }
  if (event.kind === 'oneshot') {
    const at = event.at
    return { ...course, startedAt: at, aliveAt: at, finishedAt: at, units: event.count ?? 0n, toldAt: at }
  }
  return {
    startedAt: course.startedAt ?? event.at,
    aliveAt: event.at,
    finishedAt: event.kind === 'finished' ? event.at : null,
    units: course.units + course.instances * BigInt(event.at - (course.aliveAt ?? event.at)),
    instances: event.instances ?? course.instances,
    toldAt: event.at,
  }
}

/** Whether an event comes after all that was told: then the course goes on from where it is. */
export const isAfter = (course: Course, event: JobEvent): boolean => course.toldAt === null || event.at > course.toldAt

/** The course of all events, in whatever order they came. */
export const courseOf = (reservedInstances: bigint, events: readonly JobEvent[]): Course =>
  [...events].sort(inOrder).reduce(advance, waiting(reservedInstances))

const ranks = { oneshot: 0, started: 1, running: 2, finished: 3 } as const

/** By time; at one time a job starts before it runs and ends, and of two counts the smaller goes first. */
function inOrder(a: JobEvent, b: JobEvent): number {
  if (a.at !== b.at) return a.at - b.at
  if (a.kind !== b.kind) return ranks[a.kind] - ranks[b.kind]
  const [left, right] = [a.count ?? a.instances ?? -1n, b.count ?? b.instances ?? -1n]
  return left < right ? -1 : left > right ? 1 : 0
}

export const isSame = (a: JobEvent, b: JobEvent): boolean => inOrder(a, b) === 0

/** Whether something that was told before counts for nothing any more, because the job had ended by then. */
export const voids = (course: Course, had: Course, told: readonly JobEvent[]): boolean =>
  course.finishedAt !== had.finishedAt && told.some((event) => isIgnored(course, event))

/** What was told, and counts for nothing because the job had ended by then: a second count, or another end. */
export const isIgnored = (course: Course, event: JobEvent): boolean =>
  course.finishedAt !== null &&
  (event.kind === 'oneshot'
    ? event.at !== course.finishedAt || event.count !== course.units
    : event.at > course.finishedAt && event.kind !== 'running')
