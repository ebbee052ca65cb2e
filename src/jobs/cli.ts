import type { Ask } from '../credits/asked-cli.ts'
import type { House } from '../operations/house.ts'
import type { Register } from '../terminal/door.ts'
import { problemsWith, showWith } from './report/look/cli.ts'
import { reportWith } from './report/cli.ts'

/** `bursar jobs report|show|problems`: each asks the doors of jobs. */
export const jobsWith =
  (ask: Ask): Register<House> =>
  (command, door) => {
    reportWith(ask)(command, door)
    showWith(ask)(command, door)
    problemsWith(ask)(command, door)
  }
