-- access: who may ask, and for what.
create schema access;

-- Of the secret only its digest is kept. The name stands beside the seal: people call keys after people.
create table access.keys (
  id         bigint primary key,
  operation  bigint not null,
  at         timestamptz not null,
  prefix     text not null,
  digest     bytea not null,
  principal  text not null,
  role       text not null check (role in ('admin', 'supervisor', 'finance', 'provider', 'service', 'user')),
  -- 'all', or ids of parties in alphabetical order: 'org_… prj_…'
  parties    text not null check (parties = 'all' or parties ~ '^(org|prj|per|prv)_[0-9a-f]{32}( (org|prj|per|prv)_[0-9a-f]{32})*$'),
  expires_at timestamptz,
  name       text not null,
  constraint key_prefix_is_taken unique (prefix)
);

create table access.revocations (
  id        bigint primary key,
  operation bigint not null,
  at        timestamptz not null,
  key       bigint not null,
  constraint key_is_revoked_once unique (key)
);

-- The house's own note, a minute late at the most; no operation, because using a key changes nothing.
create table access.uses (
  key     bigint primary key,
  used_at timestamptz not null
);

-- Counts up with each revocation, so that a process that remembers keys sees that it has to look again.
create table access.revision (
  only_row boolean primary key default true check (only_row),
  number   bigint not null
);
insert into access.revision (number) values (1);
