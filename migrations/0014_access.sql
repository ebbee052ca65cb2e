-- access: what waits for a second person.

-- A request as it was asked, to be asked again in the same name once somebody else agreed.
create table access.approvals (
  id           bigint primary key,
  operation    bigint not null,
  at           timestamptz not null,
  proposed_by  text not null,
  wanted       text not null,
  method       text not null,
  url          text not null,
  content_type text,
  if_match     text,
  body         text
);

create table access.decisions (
  id         bigint primary key,
  operation  bigint not null,
  at         timestamptz not null,
  approval   bigint not null,
  decided_by text not null,
  verdict    text not null check (verdict in ('approved', 'rejected')),
  reason     text,
  constraint approval_is_decided_once unique (approval)
);
