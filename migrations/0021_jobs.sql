-- jobs: how many finished jobs stand where in the order of reports, so that a page far down is found without a walk.

-- A stretch of the order of one report: the jobs that started then or later, up to where the next part starts.
create table jobs.report_parts (
  kind    text not null check (kind in ('system', 'virtual-lab', 'project')),
  -- of the system, nil
  account uuid not null,
  starts  timestamptz not null,
  jobs    bigint not null,
  primary key (kind, account, starts)
);

-- What the parts do not count yet: written with the jobs themselves, so that the sum of both is the truth at all times.
create table jobs.report_changes (
  project    uuid not null,
  vlab       uuid not null,
  started_at timestamptz not null,
  jobs       integer not null
);

create index problems_of_job on jobs.problems (job, id);
