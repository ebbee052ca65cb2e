-- jobs: how much is stored from when on is kept as what other jobs tell is, so that it is sealed.
alter table jobs.events drop constraint events_kind_check;
alter table jobs.events add constraint events_kind_check
  check (kind in ('oneshot', 'started', 'running', 'finished', 'stored'));
