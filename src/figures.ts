import { sealingLag } from './audit/seal.ts'
import type { Figure } from './http/metrics.ts'
import { operationsBegun } from './operations/count.ts'
import type { House } from './operations/house.ts'
import { taskStates } from './tasks/commands.ts'

/** How history is sealed and background work goes: of all processes of this database. */
export const houseFigures = (house: House): Figure[] => [
  {
    name: 'bursar_operations_begun',
    help: 'Operations begun on this database, refused ones included.',
    read: async () => [{ value: await operationsBegun(house.database.pool) }],
  },
  {
    name: 'bursar_seal_lag_operations',
    help: 'Operations that wait to be sealed.',
    read: async () => [{ value: (await sealingLag(house)).operations }],
  },
  {
    name: 'bursar_seal_lag_seconds',
    help: 'Age of the oldest operation that waits to be sealed.',
    read: async () => [{ value: (await sealingLag(house)).seconds }],
  },
  {
    name: 'bursar_task_runs',
    help: 'How often a task ran, on all processes of this database.',
    labels: ['task'],
    read: async () => (await taskStates(house)).map(({ name, runs }) => ({ labels: { task: name }, value: runs })),
  },
  {
    name: 'bursar_task_failures_in_a_row',
    help: 'How often a task failed since it last went well.',
    labels: ['task'],
    read: async () =>
      (await taskStates(house)).map(({ name, failures }) => ({ labels: { task: name }, value: failures })),
  },
]
