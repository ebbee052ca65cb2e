-- pricing: the price book. Rows are only ever added; a version ends where the next of its key begins.
create schema pricing;

-- One row; pages of charges share it, a change of prices takes it alone.
create table pricing.book (
  only_row boolean primary key default true check (only_row),
  revision integer not null
);
insert into pricing.book (revision) values (0);

create table pricing.versions (
  id         bigint primary key,
  operation  bigint not null,
  kind       text not null check (kind in ('price', 'policy', 'discount')),
  service    text not null,
  subtype    text not null,
  component  text not null,
  scope_kind text not null check (scope_kind in ('default', 'tier', 'organisation', 'project', 'person')),
  scope      text not null,
  valid_from timestamptz not null,
  -- null: nothing of this key is valid from here on.
  definition json,
  -- A version that was never used may be replaced by one with a greater revision.
  revision   integer not null check (revision > 0),
  -- The revision of the book that it came with.
  book       integer not null check (book > 0),
  constraint version_starts_once unique (kind, service, subtype, component, scope_kind, scope, valid_from, revision)
);

-- Which versions have priced something, and so never change any more.
create table pricing.uses (
  version   bigint primary key references pricing.versions (id),
  operation bigint not null
);
