import { advance, type JobEvent, waiting } from '../job/course.ts'

/** From one moment to another it ran with so many instances. Whole seconds of the epoch. */
export type Stretch = { readonly from: number; readonly to: number; readonly instances: bigint; readonly units: bigint }

/** Where the units of a longrun job come from; events in their order. */
export function stretchesOf(reservedInstances: bigint, events: readonly JobEvent[]): readonly Stretch[] {
  const stretches: Stretch[] = []
  let course = waiting(reservedInstances)
  for (const event of events) {
    const next = advance(course, event)
    const { instances } = course
    const [from, to, units] = [course.aliveAt, next.aliveAt, next.units - course.units]
    course = next
    if (from === null || to === null || from === to) continue
    const last = stretches.at(-1)
    if (last?.instances === instances && last.to === from) {
      stretches[stretches.length - 1] = { ...last, to, units: last.units + units }
    } else stretches.push({ from, to, instances, units })
  }
  return stretches
}
