import { type Shelf, shelfWant } from '../../credits/shelf.ts'
import type { Desk, Want } from '../../credits/desk.ts'
import { Problem } from '../../http/problem.ts'
import type { LaneCommand } from '../../operations/lane-command.ts'

/** What was done under a reference of a client. */
export type Referred = {
  /** What was asked for and the reference, in a digest. */
  readonly reference: string
  /** Digest of the command's input: another one under the same reference is a mistake. */
  readonly input: string
  readonly answer: unknown
  readonly operation: bigint
}

export type References = Shelf<string, Referred>

/**
 * The command, executed once for each reference, however often and by whom it is sent, under whatever key. Two with
 * different wallets do not see each other: then the database lets one of them in, and the other looks again.
 */
export const onceFor = (
  references: References,
  { reference, input }: Pick<Referred, 'reference' | 'input'>,
  command: LaneCommand<Want, Desk>,
): LaneCommand<Want, Desk> => ({
  wants: {
    ...command.wants,
    shelves: [...(command.wants.shelves ?? []), shelfWant(references, reference)],
  },
  decide(desk, turn) {
    const shelved = desk.shelves.of(references)
    const before = shelved.rows.get(reference)
    if (before?.input === input) return { ok: true, answer: before.answer, apply: () => {} }
    if (before) return { ok: false, problem: new Problem('idempotency-key-reused') }
    const decided = command.decide(desk, turn)
    if (!decided.ok) return decided
    const { answer } = decided
    return {
      ...decided,
      apply(own) {
        decided.apply(own)
        shelved.put(reference, { reference, input, answer, operation: own.operation })
      },
    }
  },
})

/** Refuses, unless what is asked for was done before under the same key: then the lane answers as it did. */
export const refusing = (problem: Problem): LaneCommand<Want, Desk> => ({
  wants: { owners: [] },
  decide: () => ({ ok: false, problem }),
})
