-- credits: what is prepaid: granted, held, spent, moved, expired.
create schema credits;

create table credits.grants (
  id         bigint primary key,
  operation  bigint not null,
  wallet     bigint not null,
  amount     numeric(38,9) not null,
  origin     text not null,
  expires_at timestamptz,
  transfer   bigint not null,
  constraint grant_is_positive check (amount > 0 and amount < 1e20)
);
create index grants_of_wallet on credits.grants (wallet, id);

-- What is left in a wallet of a grant that expires. Undated credits have no lot: they are the rest of the wallet.
create table credits.lots (
  id         bigint primary key,
  wallet     bigint not null,
  grant_id   bigint not null,
  expires_at timestamptz not null,
  posted     numeric(38,9) not null,
  held       numeric(38,9) not null default 0,
  constraint lot_holds_no_more_than_it_has check (held >= 0 and held <= posted),
  constraint grant_has_one_lot_in_a_wallet unique (wallet, grant_id)
);
create index lots_of_wallet on credits.lots (wallet, expires_at);

-- What moved a lot, so that verify can derive it.
create table credits.draws (
  id           bigint primary key,
  operation    bigint not null,
  lot          bigint not null,
  reservation  bigint,
  -- The operation whose page of usage was paid by it; what a correction gives back names the page that it had paid.
  page         bigint,
  posted_delta numeric(38,9) not null,
  held_delta   numeric(38,9) not null
);
create index draws_of_page on credits.draws (page) where page is not null;
create index draws_of_reservation on credits.draws (reservation) where reservation is not null;
create index draws_of_lot on credits.draws (lot);

-- As it was made; what became of it stands in its steps.
create table credits.reservations (
  id         bigint primary key,
  operation  bigint not null,
  wallet     bigint not null,
  payer      uuid not null,
  project    uuid,
  person     uuid,
  provider   uuid not null,
  -- Whose wallets and budgets it counts in: the payer, the project, its organisation, the person.
  owners     uuid[] not null,
  currency   text not null,
  service    text not null,
  subtype    text not null,
  amount     numeric(38,9) not null,
  overrun    text not null check (overrun in ('charge', 'charge-to-zero', 'absorb')),
  at         timestamptz not null,
  until      timestamptz not null,
  -- What it was estimated from, or null when only an amount was given.
  estimate   text,
  constraint hold_is_not_negative check (amount >= 0 and amount < 1e20),
  constraint hold_lasts check (until > at)
);
create index reservations_of_wallet on credits.reservations (wallet, id);

create table credits.steps (
  reservation bigint not null,
  n           integer not null check (n > 0),
  id          bigint not null,
  operation   bigint not null,
  kind        text not null check (kind in ('grow', 'extend', 'settle', 'release', 'expire', 'late')),
  -- Whether the reservation ended by it.
  ends        boolean not null,
  held_delta  numeric(38,9) not null,
  -- What the usage cost, and the part of it that no wallet paid (overrun policies).
  charged     numeric(38,9) not null default 0 check (charged >= 0),
  absorbed    numeric(38,9) not null default 0 check (absorbed >= 0 and absorbed <= charged),
  until       timestamptz,
  at          timestamptz not null,
  primary key (reservation, n)
);
create unique index reservation_ends_once on credits.steps (reservation) where ends;

-- The reservations that have not ended, and nothing else.
create table credits.holds (
  reservation bigint primary key,
  wallet      bigint not null,
  held        numeric(38,9) not null check (held >= 0),
  charged     numeric(38,9) not null default 0,
  until       timestamptz not null,
  steps       integer not null default 0,
  -- The budget windows it counts in, and with how much: [["42","month","2026-11-01","1.5"],…].
  windows     text
) with (fillfactor = 80);
create index holds_by_time on credits.holds (wallet, until);

-- What may be spent, held included, in a day, a month or in all; the newest row of a wallet and span counts, and
-- without an amount there is no budget.
create table credits.budgets (
  id        bigint primary key,
  operation bigint not null,
  wallet    bigint not null,
  span      text not null check (span in ('day', 'month', 'total')),
  amount    numeric(38,9) check (amount >= 0 and amount < 1e20)
);
create index budgets_of_wallet on credits.budgets (wallet, span, id);

create table credits.budget_windows (
  wallet  bigint not null,
  span    text not null,
  starts  date not null,
  amount  numeric(38,9) not null,
  used    numeric(38,9) not null,
  -- What settling and charging used beyond the budget.
  overrun numeric(38,9) not null default 0 check (overrun >= 0),
  primary key (wallet, span, starts),
  constraint budget_must_not_be_overdrawn check (used >= 0 and used <= amount + overrun)
);
