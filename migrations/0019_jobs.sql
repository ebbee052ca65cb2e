-- jobs: jobs that reserve before they run, tell how they go, and are charged as they tell.

-- A job as it stands; it changes only under the lock of its project's wallet. Names of jobs stand here alone.
create table jobs.jobs (
  id              uuid primary key,
  type            text not null check (type in ('oneshot', 'longrun', 'storage')),
  subtype         text not null,
  project         uuid not null,
  vlab             uuid not null,
  user_id         uuid,
  group_id        uuid,
  name            text,
  -- of credits; the last one may be open
  reservations    bigint[] not null,
  reserved_at     timestamptz not null,
  reserved_amount numeric(38,9) not null,
  reserved_count  numeric(38,0),
  duration        numeric(38,0),
  instances       numeric(38,0),
  instance_type   text,
  -- of jobs that were reserved; storage pays what holds while it is stored
  price           bigint,
  discount        bigint,
  -- as it was told
  started_at      timestamptz,
  alive_at        timestamptz,
  told_finish     timestamptz,
  units           numeric(38,0) not null default 0,
  -- instances, or bytes
  running         numeric(38,0) not null,
  told_at         timestamptz,
  -- as it stands
  finished_at     timestamptz,
  cancelled_at    timestamptz,
  charged         numeric(38,9) not null default 0,
  constraint job_starts_before_it_ends check (started_at <= alive_at and alive_at <= finished_at),
  constraint job_that_used_has_started check (started_at is not null or (units = 0 and charged = 0 and alive_at is null)),
  constraint job_is_not_charged_below_zero check (charged >= 0)
) with (fillfactor = 70);
create index finished_jobs on jobs.jobs (started_at desc, id) where finished_at is not null;
create index finished_jobs_of_project on jobs.jobs (project, started_at desc, id) where finished_at is not null;
create index finished_jobs_of_vlab on jobs.jobs (vlab, started_at desc, id) where finished_at is not null;
create index storage_of_project on jobs.jobs (project, started_at) where type = 'storage';
create index open_jobs on jobs.jobs (type, reserved_at, id) where finished_at is null and cancelled_at is null;

-- What jobs told, each once. Sealed: what a job cost follows from it.
create table jobs.events (
  id        bigint primary key,
  operation bigint not null,
  job       uuid not null,
  kind      text not null check (kind in ('oneshot', 'started', 'running', 'finished')),
  at        timestamptz not null,
  instances numeric(38,0),
  count     numeric(38,0)
);
create index events_of_job on jobs.events (job, at);

-- Usage that was taken and could not be charged as it was told, for whoever operates the site.
create table jobs.problems (
  id        bigint primary key,
  operation bigint not null,
  at        timestamptz not null,
  reason    text not null,
  project   uuid not null,
  job       uuid,
  event     text not null
);
create index problems_of_project on jobs.problems (project, id);
