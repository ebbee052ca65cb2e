import type { House } from '../src/operations/house.ts'

/**
 * Jobs that were never reserved, for reports to look through: their rows alone, so that the books of this database do
 * not prove themselves. The counts that reports read are made by the same rows.
 */
export async function makeUpJobs(
  house: House,
  { vlab, project }: { readonly vlab: string; readonly project: string },
  count: number,
): Promise<void> {
  const client = await house.database.pool.connect()
  try {
    await client.query('begin read write')
    await client.query(
      `insert into jobs.jobs (id, type, subtype, project, vlab, user_id, reservations, reserved_at, reserved_amount,
                              reserved_count, price, started_at, alive_at, told_finish, units, running, told_at,
                              finished_at, charged)
       select gen_random_uuid(), 'oneshot', 'ml-llm', $1, $2, $1, '{}', at, 0.02, 1000, 1, at, at, at, 800, 0, at, at, 0.018
         from (select date_trunc('second', now()) - n * interval '1 second' as at from generate_series(1, $3::integer) as n) as made`,
      [project, vlab, count],
    )
    // As the server counts them when they finish. They start a second apart, so that every part ends between two.
    await client.query(
      `insert into jobs.report_parts (kind, account, starts, jobs)
       select kind, account, case when part = 0 then '-infinity' else min(started_at) end, count(*)
         from (select started_at, (row_number() over (order by started_at) - 1) / 2000 as part
                 from jobs.jobs where finished_at is not null) as jobs
        cross join (values ('project', $1::uuid), ('virtual-lab', $2::uuid),
                           ('system', '00000000-0000-0000-0000-000000000000'::uuid)) as accounts (kind, account)
        group by kind, account, part`,
      [project, vlab],
    )
    await client.query('commit')
    await client.query('vacuum analyze jobs.jobs')
  } finally {
    client.release()
  }
}
