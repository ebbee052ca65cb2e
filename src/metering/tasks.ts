import { lateIndexing } from '../database/late-index.ts'
import type { House } from '../operations/house.ts'
import type { Task } from '../tasks/task.ts'
import { lateIndexes } from './listing/sql.ts'

/** Makes large months quick to read. */
export const meteringTasks = (house: House): Task[] => [
  { name: 'index-records', everySeconds: 60, run: lateIndexing(house.database, lateIndexes) },
]
