-- jobs: what virtual labs pay for jobs. Rows of prices, ends and discounts are only ever added.
create schema if not exists jobs;

-- One row, raised by every change of what stands below: who remembers it looks whether it is still the same.
create table jobs.price_book (
  only_row boolean primary key default true check (only_row),
  revision bigint not null
);
insert into jobs.price_book (revision) values (0);

create table jobs.subtypes (
  name     text primary key check (name ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
  position integer not null unique,
  -- Still used, and no more priced or reserved.
  legacy   boolean not null,
  -- The revision of the price book that it came or changed with.
  book     bigint not null
);
insert into jobs.subtypes (name, position, legacy, book) values
  ('ion-channel-build',           1, false, 0),
  ('ion-channel-sim',             2, false, 0),
  ('ml-llm',                      3, false, 0),
  ('neuron-mesh-skeletonization', 4, false, 0),
  ('notebook',                    5, false, 0),
  ('single-cell-build',           6, false, 0),
  ('single-cell-sim',             7, false, 0),
  ('small-circuit-sim',           8, false, 0),
  ('storage',                     9, false, 0),
  ('synaptome-build',            10, false, 0),
  ('synaptome-sim',              11, false, 0),
  ('single-sim',                 12, false, 0),
  ('pair-sim',                   13, false, 0),
  ('small-sim',                  14, false, 0),
  ('microcircuit-sim',           15, false, 0),
  ('region-sim',                 16, false, 0),
  ('system-sim',                 17, false, 0),
  ('whole-brain-sim',            18, false, 0),
  ('circuit-extraction',         19, false, 0),
  ('em-synapse-mapping',         20, false, 0),
  ('brian2-circuit-simulation',  21, false, 0),
  ('ml-rag',                     22, true,  0),
  ('ml-retrieval',               23, true,  0);

-- They may overlap: of those that are valid, the one that began last holds, then the one with the greatest id.
create table jobs.prices (
  id         bigint primary key,
  operation  bigint not null,
  book       bigint not null,
  type       text not null check (type in ('oneshot', 'longrun', 'storage')),
  subtype    text not null,
  -- null: for every virtual lab that has none of its own.
  vlab       uuid,
  valid_from timestamptz not null,
  valid_to   timestamptz,
  -- JSON; quantities and amounts are texts, so that they stay exact.
  tiers      text not null,
  constraint price_lasts check (valid_to > valid_from)
);

create table jobs.discounts (
  id         bigint primary key,
  operation  bigint not null,
  book       bigint not null,
  vlab       uuid not null,
  discount   numeric not null check (discount between 0 and 1),
  valid_from timestamptz not null,
  valid_to   timestamptz,
  constraint discount_lasts check (valid_to > valid_from)
);
create index discounts_of_vlab on jobs.discounts (vlab);

-- A price or discount that ends at another time than it said first; the newest row counts, null: it does not end.
create table jobs.ends (
  id         bigint primary key,
  operation  bigint not null,
  book       bigint not null,
  ended      bigint not null,
  valid_to   timestamptz
);
create index ends_of_one on jobs.ends (ended, id);
