-- metering: what was used, by whom, when, as its source measured it; no price.
create schema metering;

create table metering.meters (
  name        text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  kind        text not null check (kind in ('counter', 'level', 'event')),
  unit        text not null,
  description text not null
);

-- Of several versions of one thing used, the greatest (final, measured_at, digest) stands here.
create table metering.identities (
  source      text not null,
  external_id text not null,
  record      bigint not null,
  period      date not null,
  version     integer not null check (version > 0),
  final       boolean not null,
  measured_at timestamptz not null,
  digest      bytea not null,
  -- The operation in which the same was said again by something measured later; null when measured_at is the record's.
  confirmed_by bigint,
  -- What people call it where its external id does not say so: a task of an array. Few things have one.
  called      text,
  constraint usage_is_recorded_once primary key (source, external_id)
);

create index identities_by_what_they_are_called on metering.identities (called, source) where called is not null;

-- What an operation found to be said again: so many identities took over this time of measurement.
create table metering.confirmations (
  id          bigint primary key,
  operation   bigint not null,
  measured_at timestamptz not null,
  records     integer not null check (records > 0)
);

create table metering.records (
  id          bigint not null,
  period      date not null,
  operation   bigint not null,
  source      text not null,
  external_id text not null,
  version     integer not null,
  project     uuid not null,
  person      uuid,
  provider    uuid not null,
  service     text not null,
  subtype     text not null,
  starts_at   timestamptz not null,
  ends_at     timestamptz not null,
  measured_at timestamptz not null,
  final       boolean not null,
  -- {"cpu_core_seconds":"3600"}: meters in alphabetical order, exact decimals as text. json, not jsonb: its bytes are digested.
  quantities  json not null,
  dimensions  json not null,
  digest      bytea not null,
  -- Of salt and raw. Those two stand beside the seal, because they may be personal: an erasure takes them away.
  raw_digest  bytea not null,
  raw         text,
  raw_salt    bytea,
  erased_by   bigint,
  primary key (id, period),
  constraint usage_ends_after_it_starts check (ends_at >= starts_at)
) partition by range (period);

create table metering.quarantine (
  id          bigint primary key,
  source      text not null,
  door        text not null,
  origin      text not null,
  line        bigint not null,
  reason      text not null,
  raw         text,
  digest      bytea not null,
  settings    text not null,
  state       text not null default 'waiting' check (state in ('waiting', 'replayed', 'erased')),
  operation   bigint not null,
  replayed_by bigint,
  erased_by   bigint,
  at          timestamptz not null,
  constraint quarantined_once unique (source, digest)
);
create sequence metering.quarantine_ids;

-- What an operation took away of what sources said about a person, so that nothing else can go unseen.
create table metering.erasures (
  id          bigint primary key,
  operation   bigint not null,
  person      uuid not null,
  records     bigint not null,
  quarantined bigint not null
);

-- What others may read: the version of each thing used that stands.
create view metering.standing as
  select r.id, r.period, r.operation, r.source, r.external_id, r.version, r.project, r.person, r.provider,
         r.service, r.subtype, r.starts_at, r.ends_at, r.measured_at, r.final, r.quantities, r.dimensions
    from metering.identities i
    join metering.records r on r.id = i.record and r.period = i.period;

-- Every version of every record, without what the source said in its own words.
create view metering.versions as
  select id, period, operation, source, external_id, version, project, person, provider, service, subtype,
         starts_at, ends_at, measured_at, final, quantities, dimensions
    from metering.records;

insert into metering.meters (name, kind, unit, description) values
  ('billing_unit_seconds',     'counter', 'billing unit · second', 'the billing TRES of Slurm, times elapsed time'),
  ('cpu_core_seconds',         'counter', 'core · second',         'CPUs allocated, times elapsed time'),
  ('cpu_used_seconds',         'counter', 'core · second',         'CPU time really used, over all steps'),
  ('elapsed_seconds',          'counter', 'second',                'time that the job ran, without suspension'),
  ('energy_joules',            'counter', 'joule',                 'energy used, where the nodes measure it'),
  ('gpu_seconds',              'counter', 'GPU · second',          'GPUs of any type allocated, times elapsed time'),
  ('memory_byte_seconds',      'level',   'byte · second',         'memory allocated, times elapsed time'),
  ('memory_used_byte_seconds', 'level',   'byte · second',         'memory really used, over all steps and their time'),
  ('node_seconds',             'counter', 'node · second',         'nodes allocated, times elapsed time');
