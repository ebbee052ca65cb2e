-- tasks: background work. Leases are rows, so that several processes on one database do each thing once.
create schema tasks;

create table tasks.tasks (
  name          text primary key check (length(name) between 1 and 100),
  holder        text,
  leased_until  timestamptz,
  due_at        timestamptz not null,
  started_at    timestamptz,
  finished_at   timestamptz,
  progress      text,
  failure       text,
  runs          bigint not null default 0,
  failures      bigint not null default 0,
  constraint lease_has_a_holder check ((holder is null) = (leased_until is null))
);
