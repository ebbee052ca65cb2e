import type { JobEvent } from '../../jobs/job/course.ts'
import type { Reserved } from '../../jobs/job/job.ts'
import type { ServiceType } from '../../jobs/price/cost.ts'
import { nanosFrom } from '../../values/money.ts'
import { plain } from '../lines.ts'

/** A job with what sealed rows say of it beside it. Times are seconds of the epoch, as they stand. */
export type JobLine = {
  readonly key: string
  readonly type: ServiceType
  readonly subtype: string
  readonly project: string
  readonly vlab: string
  readonly user: string | null
  readonly group: string | null
  readonly reserved: Reserved
  readonly price: bigint | null
  readonly discount: bigint | null
  /** How it went, as far as events say: started, alive, finished by its own telling, told last. */
  readonly went: readonly (number | null)[]
  readonly units: bigint
  readonly running: bigint
  readonly finishedAt: number | null
  readonly cancelledAt: number | null
  readonly charged: bigint
  /** Of the operation that reserved it; null when there is none. */
  readonly operation: string | null
  readonly askedDigest: string | null
  /** The operation that cancelled it last, and when that was. */
  readonly cancelledBy: bigint | null
  readonly cancelledThen: number | null
}

export type EventLine = {
  readonly key: string
  readonly id: string
  readonly operation: bigint
  readonly kind: JobEvent['kind'] | 'stored'
  readonly at: number
  readonly instances: bigint | null
  readonly count: bigint | null
}

const seconds = (column: string): string => `extract(epoch from ${column})`

const idIn = (column: string): string => `substring(${column} from '"job(?:_id)?":"([0-9a-f-]{36})"')`

/** Who was released or given up, last: the answer of the operation says so. */
const cancels = `
  select distinct on (job) job, id, at
    from (select ${idIn('answer')} as job, id, at from operations.operations
           where command in ('jobs.release', 'jobs.expire')) as cancelled
   order by job, id desc`

/** The columns of `jobOf`. */
export const jobsOrdered = `
  select j.id, j.type, j.subtype, j.project, j.vlab, j.user_id, j.group_id, j.reserved_count, j.duration, j.instances,
         j.instance_type, j.price, j.discount, ${seconds('j.started_at')}, ${seconds('j.alive_at')},
         ${seconds('j.told_finish')}, ${seconds('j.told_at')}, j.units, j.running, ${seconds('j.finished_at')},
         ${seconds('j.cancelled_at')}, j.charged, o.id, encode(o.input_digest, 'hex'), c.id, ${seconds('c.at')}
    from jobs.jobs j
    left join credits.reservations r on r.id = j.reservations[1]
    left join operations.operations o on o.id = r.operation
    left join (${cancels}) as c on c.job = j.id::text
   order by j.id`

const textOf = (field: string | undefined): string | null => (field === '\\N' ? null : plain(field as string))
const bigOf = (field: string | undefined): bigint | null => (field === '\\N' ? null : BigInt(field as string))
const numberOf = (field: string | undefined): number | null => (field === '\\N' ? null : Number(field))

export function jobOf(line: string): JobLine {
  const f = line.split('\t')
  return {
    key: f[0] as string,
    type: f[1] as ServiceType,
    subtype: plain(f[2] as string),
    project: f[3] as string,
    vlab: f[4] as string,
    user: textOf(f[5]),
    group: textOf(f[6]),
    reserved: { count: bigOf(f[7]), duration: bigOf(f[8]), instances: bigOf(f[9]), instanceType: textOf(f[10]) },
    price: bigOf(f[11]),
    discount: bigOf(f[12]),
    went: [numberOf(f[13]), numberOf(f[14]), numberOf(f[15]), numberOf(f[16])],
    units: BigInt(f[17] as string),
    running: BigInt(f[18] as string),
    finishedAt: numberOf(f[19]),
    cancelledAt: numberOf(f[20]),
    charged: nanosFrom(f[21] as string),
    operation: textOf(f[22]),
    askedDigest: textOf(f[23]),
    cancelledBy: bigOf(f[24]),
    cancelledThen: numberOf(f[25]),
  }
}

/** The columns of `eventOf`. */
export const eventsOrdered = `
  select job, id, operation, kind, ${seconds('at')}, instances, count from jobs.events order by job, at, id`

export function eventOf(line: string): EventLine {
  const f = line.split('\t')
  return {
    key: f[0] as string,
    id: f[1] as string,
    operation: BigInt(f[2] as string),
    kind: f[3] as EventLine['kind'],
    at: Number(f[4]),
    instances: bigOf(f[5]),
    count: bigOf(f[6]),
  }
}
