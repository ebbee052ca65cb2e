import type { LaneCommand } from '../operations/lane-command.ts'
import type { Desk, Want } from './desk.ts'
import { type Grant, grantCommand, type GrantInput } from './grant.ts'
import type { Turn } from '../operations/lane-command.ts'
import * as sql from './sql.ts'

/** How a grant is written down, for rules that grant beside what else they do. */
export const writeGrant = (turn: Turn, grant: Grant): void =>
  turn.add(sql.grantsTable, () => sql.grantLine(grant, turn.operation))

export const grantRule = (input: GrantInput): LaneCommand<Want, Desk> => grantCommand(input, writeGrant)
