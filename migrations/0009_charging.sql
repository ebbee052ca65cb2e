-- charging: what pages leave to be done after them.

-- Where an operation charged by a price that looks at whole periods; gone once their true-ups are written. Written
-- by the operation itself, so that a crash between the two loses nothing.
create table charging.due_true_ups (
  operation bigint primary key,
  -- `project provider period`
  places    text[] not null,
  at        timestamptz not null
);

create index records_without_a_price on charging.states (record) where state = 'unpriced';
