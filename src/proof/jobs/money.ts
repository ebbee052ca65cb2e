import type { Inquiry } from '../inquiry.ts'

/** The reservations that jobs name, one by one. */
const named = `
  named as materialized (
    select j.id as job, j.type, n.reservation, n.place, n.place = cardinality(j.reservations) as is_last
      from jobs.jobs j
     cross join lateral unnest(j.reservations) with ordinality as n (reservation, place))`

const quoted = (column: string): string => `coalesce('"' || ${column} || '"', 'null')`

/** What a reservation says of its job, behind how many units it was made for. Expressions of patterns cost more. */
const saysOfJob = `substr(r.estimate, strpos(r.estimate, '"job":"'))`
const isOfJob = `r.estimate like '%"job":"________-____-____-____-____________"%'`
const estimate = `'"job":"' || j.id || '","price":' || ${quoted('j.price')} || ',"discount":' || ${quoted('j.discount')} || '}'`

const reservations: Inquiry = {
  name: 'jobs have the reservations that were made for them',
  looked: `
    select count(*) || ' jobs' || coalesce(' with ' || sum(cardinality(reservations)) || ' reservations', '') as looked
      from jobs.jobs`,
  wrongs: [
    `with ${named}
     select 'jobs.jobs' as "table", coalesce(n.job::text, r.estimate) as row, r.operation::text as operation,
            case when r.id is null then 'there is no reservation res_' || n.reservation
                 when n.job is null then 'it is missing, or does not name res_' || r.id || ', which was made for it'
                 else 'its reservation res_' || r.id
                      || ' is of another job, project, virtual lab, kind, price, discount, amount or time' end as wrong
       from named n
       full join (select * from credits.reservations r where ${isOfJob}) as r
         on r.id = n.reservation
       left join jobs.jobs j on j.id = n.job
      where (${saysOfJob} = ${estimate} and r.payer = j.project and r.project = j.project and r.person is null
             and r.owners = array[j.project, j.vlab] and r.service = j.type
             and (r.subtype = j.subtype
                  -- Another level was told for the same moment, of another subtype.
                  or (j.type = 'storage' and (select count(*) from jobs.events e where e.job = j.id) > 1))
             and case when n.place = 1 and j.type <> 'storage'
                      then r.amount = j.reserved_amount and r.at = j.reserved_at
                      else r.amount = 0 end) is not true
      order by 2`,
    `with ${named}
     select 'jobs.jobs' as "table", min(job::text) as row, null as operation,
            'its reservation res_' || reservation || ' is named ' || count(*) || ' times' as wrong
       from named group by reservation having count(*) > 1 order by reservation`,
    `select 'jobs.jobs' as "table", id::text as row, null as operation,
            'it was never reserved, or has what storage has not' as wrong
       from jobs.jobs
      where case when type = 'storage' then reserved_amount <> 0 else cardinality(reservations) = 0 end
      order by id`,
    `select 'jobs.jobs' as "table", id::text as row, null as operation, 'it stands ' || count(*) || ' times' as wrong
       from jobs.jobs group by id having count(*) > 1 order by id`,
  ],
}

const charged: Inquiry = {
  name: 'jobs were charged what their reservations were',
  looked: `
    select count(*) filter (where charged > 0) || ' jobs' || coalesce(' for ' || trim_scale(sum(charged)), '') as looked
      from jobs.jobs`,
  wrongs: [
    // What finance gave back by hand, and what nobody paid, leaves what a job cost as it is.
    `with ${named},
     paid as (
       select reservation, sum(amount) as amount, sum(by_hand) as by_hand, sum(absorbed) as absorbed
         from (select reservation, amount, 0 as by_hand, absorbed from charging.settlements
                union all
               select s.reservation, case when o.command like 'jobs.%' then -r.amount else 0 end,
                      case when o.command like 'jobs.%' then 0 else r.amount end, 0
                 from charging.refunds r
                 join charging.settlements s on s.id = r.settlement
                 left join operations.operations o on o.id = r.operation) as one
        group by reservation)
     select 'jobs.jobs' as "table", j.id::text as row, null as operation,
            'it was charged ' || j.charged || ', of which ' || j.absorbed || ' were borne by the house, and its reservations ' || coalesce(p.amount, 0) as wrong
       from jobs.jobs j
       left join (select n.job, sum(paid.amount) as amount, sum(paid.by_hand) as by_hand, sum(paid.absorbed) as absorbed
                    from named n join paid on paid.reservation = n.reservation group by n.job) as p on p.job = j.id
      where j.charged > coalesce(p.amount, 0)
         or j.charged - j.absorbed not between coalesce(p.amount - p.absorbed - p.by_hand, 0)
                                           and coalesce(p.amount - p.absorbed, 0)
      order by j.id`,
    `with ${named}
     select 'jobs.jobs' as "table", j.id::text as row, null as operation,
            'it still holds ' || h.held || ' by res_' || h.reservation || ', and '
            || case when n.is_last then 'has ended' else 'goes on by another' end as wrong
       from named n
       join credits.holds h on h.reservation = n.reservation
       join jobs.jobs j on j.id = n.job
      where not n.is_last or j.finished_at is not null or j.cancelled_at is not null
      order by j.id`,
  ],
}

const storage: Inquiry = {
  name: 'storage goes on until the next level',
  looked: `select count(*) || ' levels' as looked from jobs.jobs where type = 'storage'`,
  wrongs: [
    `select 'jobs.jobs' as "table", id::text as row, null as operation,
            case when started_at = next then 'another level of its project begins at the same time'
                 when finished_at is distinct from next
                   then 'it ends at ' || coalesce(finished_at::text, 'no time') || ', and the next level begins at '
                        || coalesce(next::text, 'no time')
                 else 'it was not charged to its end' end as wrong
       from (select id, started_at, alive_at, finished_at,
                    lead(started_at) over (partition by project order by started_at, id) as next
               from jobs.jobs where type = 'storage') as level
      where finished_at is distinct from next or started_at = next or alive_at <> finished_at
      order by id`,
    `select 'jobs.jobs' as "table", j.id::text as row, o.id::text as operation,
            'it is of ' || j.reserved_at || ', and was first told at ' || coalesce(o.at::text, 'no time') as wrong
       from jobs.jobs j
       left join operations.operations o
              on o.id = (select min(e.operation) from jobs.events e where e.job = j.id)
      where j.type = 'storage' and j.reserved_at is distinct from o.at
      order by j.id`,
  ],
}

const referred: Inquiry = {
  name: 'what was done under a reference is what its operation answered',
  looked: `select count(*) || ' references' as looked from jobs.referred`,
  wrongs: [
    `select 'jobs.referred' as "table", r.reference as row, r.operation::text as operation,
            'there is no such operation, or it answered something else' as wrong
       from jobs.referred r
       left join operations.operations o on o.id = r.operation
      where (o.answer = r.answer and o.command like 'credits.%'
             and case when o.idempotency_key = r.reference then o.input_digest = r.input_digest
                      else o.idempotency_key !~ '^[a-z-]+ [0-9a-f]{64}$' end) is not true
      order by r.reference`,
  ],
}

/** What jobs hold and were charged, and what was done once for a reference. */
export const jobInquiries: readonly Inquiry[] = [reservations, charged, storage, referred]
