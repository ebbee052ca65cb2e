import type { Inquiry } from '../inquiry.ts'

const nil = `'00000000-0000-0000-0000-000000000000'::uuid`
/** Numbers are sorted sooner than names. */
const kinds = `array['project', 'virtual-lab', 'system']`
const places = `(values (1, project), (2, vlab), (3, ${nil})) as place (kind, account)`

/** Finished jobs, and how they are counted, in the order of each report; a part goes on until the next one begins. */
const counted = `
  select kind, account, at, jobs, counted, 0 as begins
    from (select project, vlab, started_at as at, 1 as jobs, 0 as counted from jobs.jobs where finished_at is not null
           union all
          select project, vlab, started_at, 0, jobs from jobs.report_changes) as one
   cross join lateral ${places}
   union all
  select array_position(${kinds}, kind), account, starts, 0, jobs, 1 from jobs.report_parts`

const parts: Inquiry = {
  name: 'reports count the jobs that they list',
  looked: `
    select (select count(*) from jobs.report_parts) || ' parts, ' || (select count(*) from jobs.report_changes)
           || ' changes to count' as looked`,
  wrongs: [
    `select 'jobs.report_parts' as "table", coalesce((${kinds})[kind], 'a report') || ' ' || account || ' from ' || min(at) as row, null as operation,
            'it counts ' || sum(counted) || ' jobs, and there are ' || sum(jobs) as wrong
       from (select *, sum(begins) over (partition by kind, account order by at) as part from (${counted}) as one) as one
      group by kind, account, part
     having sum(jobs) <> sum(counted)
      order by kind, account, part`,
  ],
}

/** How many jobs stand where in reports. */
export const jobReportInquiries: readonly Inquiry[] = [parts]
