-- audit: seals operations into a chain of blocks.
create schema audit;

-- Locked by whoever seals, so that the chain cannot fork.
create table audit.head (
  only_row       boolean primary key default true check (only_row),
  block          bigint not null,
  -- Operations up to here are sealed, or can never appear: the sealer need not look at them again.
  watermark      bigint not null default 0,
  -- The watermark to come, once every transaction before this one has ended.
  next_watermark bigint,
  next_xid       xid8
);
insert into audit.head (block) values (0);

create table audit.blocks (
  number     bigint primary key check (number > 0),
  epoch      integer not null,
  operations integer not null check (operations > 0),
  root       bytea not null,
  previous   bytea not null,
  at         timestamptz not null,
  key_id     text not null,
  mac        bytea not null
);

create table audit.seals (
  operation bigint primary key,
  block     bigint not null references audit.blocks (number),
  position  integer not null check (position >= 0),
  constraint position_is_taken_once unique (block, position)
);
