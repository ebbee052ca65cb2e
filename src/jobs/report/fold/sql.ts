import { type Reader, rows } from '../../../database/reader.ts'

/** One at a time: who counts and splits parts sees what the last one did. Nobody who reads or finishes jobs waits. */
export const lockParts = (client: Reader) =>
  client.query({ text: `lock table jobs.report_parts in share row exclusive mode` })

export type PartRow = { kind: string; account: string; starts: string; jobs: string }

/** Counts what changed into the parts, those of the project, of its virtual lab and of the system; answers which. */
export const foldChanges = (client: Reader) =>
  rows<PartRow>(
    client,
    `with gone as (
       delete from jobs.report_changes returning project, vlab, started_at, jobs
     ), mine as (
       select kind, account, started_at, sum(jobs) as jobs
         from gone
        cross join lateral (values ('project', project), ('virtual-lab', vlab),
                                   ('system', '00000000-0000-0000-0000-000000000000'::uuid)) as of (kind, account)
        group by kind, account, started_at
       having sum(jobs) <> 0
     ), placed as (
       select kind, account,
              coalesce((select max(p.starts) from jobs.report_parts p
                         where p.kind = mine.kind and p.account = mine.account and p.starts <= mine.started_at),
                       '-infinity') as starts,
              jobs
         from mine
     )
     insert into jobs.report_parts (kind, account, starts, jobs)
     select kind, account, starts, sum(jobs) from placed group by kind, account, starts
         on conflict (kind, account, starts) do update set jobs = report_parts.jobs + excluded.jobs
     returning kind, account, starts::text, jobs`,
  )

/**
 * Splits a part into several of about so many jobs, at whole seconds. It counts the jobs themselves; what is written of
 * them and not counted yet comes on top of the parts, so it is left out here.
 */
export const splitPart = (client: Reader, { kind, account, starts }: PartRow, size: number) =>
  rows<PartRow>(
    client,
    `with part as (
       select coalesce(min(starts), 'infinity') as ends
         from jobs.report_parts where kind = $1 and account = $2 and starts > $3
     ), seconds as (
       select started_at, sum(jobs) as jobs
         from (select j.started_at, count(*) as jobs
                 from jobs.jobs j, part
                where ${ofAccount(kind)} and j.finished_at is not null
                  and j.started_at >= $3 and j.started_at < part.ends
                group by j.started_at
               union all
               select j.started_at, -j.jobs
                 from jobs.report_changes j, part
                where ${ofAccount(kind)} and j.started_at >= $3 and j.started_at < part.ends) as counted
        group by started_at
     ), pieces as (
       select started_at, jobs, div(sum(jobs) over (order by started_at) - jobs, $4) as piece from seconds
     )
     insert into jobs.report_parts (kind, account, starts, jobs)
     select $1, $2, case when piece = 0 then $3 else min(started_at) end, sum(jobs) from pieces group by piece
         on conflict (kind, account, starts) do update set jobs = excluded.jobs
     returning kind, account, starts::text, jobs`,
    [kind, account, starts, size],
  )

const ofAccount = (kind: string): string =>
  kind === 'system' ? '$2::uuid is not null' : kind === 'project' ? 'j.project = $2' : 'j.vlab = $2'
