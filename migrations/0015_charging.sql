-- charging: what was given back of what was charged.
create table charging.refunds (
  id         bigint primary key,
  operation  bigint not null,
  -- What was charged: one settling of a reservation, or a charge of a usage record.
  settlement bigint,
  charge     bigint,
  -- Whoever was charged gets it back, from whoever earned it.
  payer      uuid not null,
  provider   uuid not null,
  period     date not null,
  at         timestamptz not null,
  currency   text not null,
  -- What was paid in all, what had been given back of it before, and what is given back now; less than nothing where a
  -- correction gives the whole charge back, and takes back what had been given of it.
  paid       numeric(38,9) not null,
  before     numeric(38,9) not null check (before >= 0),
  amount     numeric(38,9) not null check (amount <> 0),
  reason     text not null,
  transfer   bigint not null,
  constraint refund_is_of_one_charge check (num_nonnulls(settlement, charge) = 1),
  constraint refunds_must_not_exceed_what_was_paid check (before + amount between 0 and paid)
);
-- Each goes on where the one before ended, so that no two of them give the same part back.
create unique index settlement_is_refunded_in_turn on charging.refunds (settlement, before) where settlement is not null;
create unique index charge_is_refunded_in_turn on charging.refunds (charge, before) where charge is not null;
