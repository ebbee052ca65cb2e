-- charging: usage + prices = charges + transfers.
create schema charging;

create table charging.charges (
  id        bigint not null,
  period    date not null,
  operation bigint not null,
  record    bigint not null,
  project   uuid not null,
  provider  uuid not null,
  component text not null,
  -- 0, or the place of this part when a record is split at a price change or period end.
  part      smallint not null,
  -- 1, then one more each time the record is rated anew.
  revision  smallint not null,
  -- memo: rated and never charged.
  kind      text not null check (kind in ('charge', 'reversal', 'memo')),
  price     bigint not null,
  -- The revision of the price book that it was rated with: corrections are rated with the same.
  book      integer not null,
  quantity  numeric not null,
  amount    numeric(38,9) not null,
  currency  text not null,
  transfer  bigint,
  constraint amount_is_in_range check (amount > -1e20 and amount < 1e20),
  constraint memo_moves_nothing check (kind <> 'memo' or transfer is null),
  constraint money_moves_by_a_transfer check (kind = 'memo' or amount = 0 or transfer is not null)
) partition by range (period);
-- Ids rise as rows are appended, so a few bytes for each stretch of the table find one.
create index charges_by_id on charging.charges using brin (id) with (pages_per_range = 32, autosummarize = on);
create unique index record_is_charged_once on charging.charges (record, component, part, revision, kind, period);

-- Why a record has no charges; the newest row of a record counts, and `charged` ends the waiting.
create table charging.states (
  id        bigint primary key,
  operation bigint not null,
  record    bigint not null,
  period    date not null,
  state     text not null check (state in ('accruing', 'free', 'unpriced', 'uncharged', 'charged')),
  reason    text not null,
  book      integer not null
);
create index states_by_record on charging.states (record, id);

-- Tiers and included volumes that look at a whole period: the difference to what its records were charged.
create table charging.true_ups (
  id        bigint primary key,
  operation bigint not null,
  period    date not null,
  project   uuid not null,
  provider  uuid not null,
  component text not null,
  price     bigint not null,
  currency  text not null,
  quantity  numeric not null,
  -- What the period comes to in all, and what this line adds to bring it there.
  total     numeric(38,9) not null,
  amount    numeric(38,9) not null,
  transfer  bigint not null,
  constraint true_up_changes_something check (amount <> 0)
);
create index true_ups_by_project on charging.true_ups (project, period, component);
