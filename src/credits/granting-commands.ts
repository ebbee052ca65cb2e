import type { LaneCommand, Turn } from '../operations/lane-command.ts'
import type { Desk, Want } from './desk.ts'
import { type Grant, grantCommand, type GrantInput } from './grant.ts'
import { grantThroughCommand, type GrantThroughInput } from './grant-through.ts'
import * as sql from './sql.ts'

const writeGrant = (turn: Turn, grant: Grant): void =>
  turn.add(sql.grantsTable, () => sql.grantLine(grant, turn.operation))

/** Rules that grant, for operations that do more besides. */
export const grantRule = (input: GrantInput): LaneCommand<Want, Desk> => grantCommand(input, writeGrant)

export const grantThroughRule = (input: GrantThroughInput): LaneCommand<Want, Desk> =>
  grantThroughCommand(input, writeGrant)
