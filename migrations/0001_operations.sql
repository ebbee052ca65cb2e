-- operations: the one write path. Its rows are the audit record.
create schema operations;

create sequence operations.operation_ids;

-- An epoch ends when a database is restored from a backup: transaction numbers start again then.
create table operations.epoch (
  only_row boolean primary key default true check (only_row),
  epoch    integer not null
);
insert into operations.epoch (epoch) values (1);

create table operations.operations (
  id              bigint primary key,
  epoch           integer not null,
  xid             xid8 not null,
  principal       text not null check (length(principal) between 1 and 200),
  idempotency_key text not null check (length(idempotency_key) between 1 and 200),
  command         text not null,
  input_digest    bytea not null,
  status          smallint not null,
  answer          text not null,
  digests         text not null,
  at              timestamptz not null,
  key_id          text not null,
  mac             bytea not null,
  constraint idempotency_key_is_used_once unique (principal, idempotency_key)
);
