/** Our own background work. (A job is always a customer's.) */
export type Task = {
  readonly name: string
  /** From the end of one run to the start of the next. */
  readonly everySeconds: number
  /** Whoever holds the lease renews it while it lives; when it dies, another takes over after so long. */
  readonly leaseSeconds?: number
  readonly run: (turn: Turn) => Promise<void>
}

/** One run of a task by one holder. */
export type Turn = {
  /** Aborted when the program stops or the lease was lost: whoever goes on then may work beside another. */
  readonly signal: AbortSignal
  /** Says how far it is, for people. */
  readonly progress: (text: string) => Promise<void>
}

/** How a task stands, as reports and metrics show it. */
export type TaskState = {
  readonly name: string
  readonly holder: string | null
  readonly leasedUntil: Date | null
  readonly dueAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly progress: string | null
  /** Of the last run; null when it went well. */
  readonly failure: string | null
  readonly runs: number
  readonly failures: number
}

export const leaseSecondsOf = (task: Task): number => task.leaseSeconds ?? 30

/** After failures in a row it comes back sooner than it would, but ever later: 1, 2, 4 … seconds, an hour at most. */
export function retrySeconds(task: Task, failuresInRow: number): number {
  return Math.min(2 ** Math.min(failuresInRow - 1, 12), Math.max(task.everySeconds, 1), 3600)
}
