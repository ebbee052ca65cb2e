import type { Desk, Want } from '../../credits/desk.ts'
import { moveCommand, type MoveInput } from '../../credits/grant.ts'
import type { LaneCommand } from '../../operations/lane-command.ts'
import { Fault } from '../door/fault.ts'
import { roundedTo2 } from '../door/money.ts'

/**
 * Moves credits between accounts here. Clients read balances with two places and move exactly what they read: where that
 * is more than there is by the rounding alone, all that there is is moved.
 */
export const shiftCommand = (input: MoveInput, short: string): LaneCommand<Want, Desk> => ({
  wants: moveCommand(input).wants,
  decide(desk, turn) {
    const wallet = desk.wallet(input.from, input.currency)
    const free = wallet ? wallet.posted - wallet.held : 0n
    const isAllShown = input.nanos > free && free > 0n && roundedTo2(free) === input.nanos
    const decided = moveCommand(isAllShown ? { ...input, nanos: free } : input).decide(desk, turn)
    if (decided.ok || decided.problem.type !== 'insufficient-credits') return decided
    return { ok: false, problem: Fault.refused(short) }
  },
})
