/** A job ends in one of these; the ones below may still change. */
const ended = [
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'TIMEOUT',
  'NODE_FAIL',
  'PREEMPTED',
  'BOOT_FAIL',
  'DEADLINE',
  'OUT_OF_MEMORY',
  'REVOKED',
  'REQUEUED',
  'RESIZING',
  'LAUNCH_FAILED',
  'RECONFIG_FAIL',
]
const running = ['RUNNING', 'SUSPENDED', 'COMPLETING', 'STAGE_OUT', 'STOPPED', 'SIGNALING', 'UPDATE_DB', 'EXPEDITING']
const waiting = [
  'PENDING',
  'CONFIGURING',
  'REQUEUE_HOLD',
  'REQUEUE_FED',
  'SPECIAL_EXIT',
  'RESV_DEL_HOLD',
  'POWER_UP_NODE',
]
const all = new Set([...ended, ...running, ...waiting])
const isWaitingState = new Set(waiting)
const isEndedState = new Set(ended)

/** The state without who cancelled it, and in full where a narrow column cut it (`OUT_OF_ME+`); undefined when unknown. */
export function stateOf(text: string): string | undefined {
  if (all.has(text)) return text
  if (text.startsWith('CANCELLED by ')) return 'CANCELLED'
  if (/^[A-Z_]{2,}\+$/.test(text)) {
    const cut = text.slice(0, -1)
    const matches = [...all].filter((state) => state.startsWith(cut))
    return matches.length === 1 ? matches[0] : undefined
  }
  return undefined
}

/**
 * From v0.0.40 on a state is a list: a base state and flags. Of these Slurm's own text shows the flag, where it says
 * that this run ended in another way than the job.
 */
export function stateOfList(states: readonly string[]): string | undefined {
  const flag = ['RESIZING', 'REQUEUED', 'REVOKED'].find((state) => states.includes(state))
  return flag ?? states.map(stateOf).find((state) => state !== undefined)
}

export const isWaiting = (state: string): boolean => isWaitingState.has(state)
export const isEnded = (state: string): boolean => isEndedState.has(state)
