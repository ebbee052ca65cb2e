import type { Figure, Metrics } from '../http/metrics.ts'
import type { Credits } from './commands.ts'

/** Tells the metrics of each batch of the lane, and of the money that moved in it. */
export function countLane(metrics: Pick<Metrics, 'counter' | 'histogram'>, credits: Credits): void {
  const operations = metrics.histogram({
    name: 'bursar_lane_batch_operations',
    help: 'How many commands of the money path committed together.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  })
  const seconds = metrics.histogram({
    name: 'bursar_lane_batch_seconds',
    help: 'How long a batch of the money path took, from its first lock to its commit.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  })
  const refused = metrics.counter({
    name: 'bursar_lane_refused_by_rule_total',
    help: 'Commands of the money path that their rule refused: too little credit, no budget, ended reservations.',
  })
  credits.lane.observe((batch) => {
    operations(batch.operations)
    seconds(batch.seconds)
    if (batch.refused > 0) refused({}, batch.refused)
  })
  const moved = metrics.counter({
    name: 'bursar_credits_moved_total',
    help: 'What this process moved through wallets, by why it moved (grant, settle, expire, refund …) and currency.',
    labels: ['reason', 'currency'],
  })
  credits.onMoved(({ reason, currency, nanos }) => moved({ reason, currency }, Number(nanos) / 1e9))
}

export const laneFigures = (credits: Credits): Figure[] => [
  {
    name: 'bursar_lane_waiting',
    help: 'Commands of the money path that wait for a batch.',
    read: async () => [{ value: credits.lane.waiting }],
  },
  {
    name: 'bursar_lane_refused_total',
    help: 'Commands of the money path that were refused for load.',
    counts: true,
    read: async () => [{ value: credits.lane.refusedForLoad }],
  },
]
