import type { Figure } from '../http/metrics.ts'
import type { Throttle } from './throttle.ts'

/** How often refusing began and ended, under the names that dashboards know. */
export function lockoutFigures(throttles: readonly Throttle[], now: () => number): Figure[] {
  const figure = (name: string, help: string, of: 'started' | 'ended'): Figure => ({
    name,
    help,
    counts: true,
    read: async () => [{ value: throttles.reduce((sum, throttle) => sum + throttle.lockouts(now())[of], 0) }],
  })
  return [
    figure('auth_lockout_start_total', 'How often so much failed that more of it is refused unheard.', 'started'),
    figure('auth_lockout_end_total', 'How often such a minute was over.', 'ended'),
  ]
}
