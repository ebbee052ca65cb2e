-- charging: what reservations cost. A settlement is a charge that was paid from credits in the operation that made it.
create table charging.settlements (
  id                bigint primary key,
  operation         bigint not null,
  reservation       bigint not null,
  period            date not null,
  at                timestamptz not null,
  payer             uuid not null,
  -- The project, or the payer where none was named.
  project           uuid not null,
  person            uuid,
  provider          uuid not null,
  service           text not null,
  subtype           text not null,
  currency          text not null,
  amount            numeric(38,9) not null check (amount >= 0 and amount < 1e20),
  -- The part that no wallet paid.
  absorbed          numeric(38,9) not null check (absorbed >= 0 and absorbed <= amount),
  -- What was used and how it was priced, with the revision of the price book; null when an amount was given.
  quantities        text,
  lines             text,
  book              integer,
  transfer          bigint,
  absorbed_transfer bigint,
  constraint settled_money_moves_by_a_transfer check (amount = absorbed or transfer is not null),
  constraint absorbed_money_moves_by_a_transfer check (absorbed = 0 or absorbed_transfer is not null)
);
create index settlements_by_project on charging.settlements (project, period);
create index settlements_by_reservation on charging.settlements (reservation);
