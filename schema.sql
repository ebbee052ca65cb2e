-- The present shape of the database, written by 'npm run schema' from a freshly migrated one. Read it; change migrations/.

create schema database;

create table database.migrations (
  number   integer not null,
  name     text not null,
  checksum text not null,
  at       timestamp with time zone default clock_timestamp() not null,
  constraint migrations_pkey PRIMARY KEY (number),
  constraint migrations_number_check CHECK ((number > 0))
);

create schema operations;
create sequence operations.operation_ids;

create table operations.epoch (
  only_row boolean default true not null,
  epoch    integer not null,
  constraint epoch_pkey PRIMARY KEY (only_row),
  constraint epoch_only_row_check CHECK (only_row)
);

create table operations.operations (
  id              bigint not null,
  epoch           integer not null,
  xid             xid8 not null,
  principal       text not null,
  idempotency_key text not null,
  command         text not null,
  input_digest    bytea not null,
  status          smallint not null,
  answer          text not null,
  digests         text not null,
  at              timestamp with time zone not null,
  key_id          text not null,
  mac             bytea not null,
  constraint operations_pkey PRIMARY KEY (id),
  constraint idempotency_key_is_used_once UNIQUE (principal, idempotency_key),
  constraint operations_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 200))),
  constraint operations_principal_check CHECK (((length(principal) >= 1) AND (length(principal) <= 200)))
);

create schema audit;

create table audit.head (
  only_row       boolean default true not null,
  block          bigint not null,
  watermark      bigint default 0 not null,
  next_watermark bigint,
  next_xid       xid8,
  constraint head_pkey PRIMARY KEY (only_row),
  constraint head_only_row_check CHECK (only_row)
);

create table audit.blocks (
  number     bigint not null,
  epoch      integer not null,
  operations integer not null,
  root       bytea not null,
  previous   bytea not null,
  at         timestamp with time zone not null,
  key_id     text not null,
  mac        bytea not null,
  constraint blocks_pkey PRIMARY KEY (number),
  constraint blocks_number_check CHECK ((number > 0)),
  constraint blocks_operations_check CHECK ((operations > 0))
);

create table audit.seals (
  operation bigint not null,
  block     bigint not null,
  position  integer not null,
  constraint seals_pkey PRIMARY KEY (operation),
  constraint position_is_taken_once UNIQUE (block, "position"),
  constraint seals_position_check CHECK (("position" >= 0))
);

CREATE OR REPLACE FUNCTION audit.refuse_seals_without_block()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from (select distinct block from fresh) f
              where not exists (select from audit.blocks b where b.number = f.block))
  then
    raise foreign_key_violation using
      message = 'a seal names a block that is not there',
      constraint = 'seal_is_of_a_block', schema = 'audit', table = 'seals';
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION audit.refuse_to_leave_seals_without_block()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from gone where exists (select from audit.seals s where s.block = gone.number)
                                and not exists (select from audit.blocks b where b.number = gone.number))
  then
    raise foreign_key_violation using
      message = 'a block is taken away that seals name',
      constraint = 'seal_is_of_a_block', schema = 'audit', table = 'blocks';
  end if;
  return null;
end $function$
;
CREATE TRIGGER seal_keeps_its_block AFTER DELETE ON audit.blocks REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_to_leave_seals_without_block();
CREATE TRIGGER seal_keeps_its_block_still AFTER UPDATE ON audit.blocks REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_to_leave_seals_without_block();
CREATE TRIGGER seal_is_of_a_block AFTER INSERT ON audit.seals REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_seals_without_block();
CREATE TRIGGER seal_is_of_a_block_still AFTER UPDATE ON audit.seals REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_seals_without_block();

create schema parties;

create table parties.organisations (
  id     uuid not null,
  name   text not null,
  tier   text not null,
  origin text not null,
  constraint organisations_pkey PRIMARY KEY (id),
  constraint organisation_name_is_taken UNIQUE (name),
  constraint organisation_name_is_text CHECK (((length(btrim(name)) >= 1) AND (length(btrim(name)) <= 200))),
  constraint organisations_origin_check CHECK ((origin = ANY (ARRAY['import'::text, 'usage'::text]))),
  constraint tier_is_a_word CHECK ((tier ~ '^[a-z0-9][a-z0-9_-]{0,39}$'::text))
);

create table parties.projects (
  id           uuid not null,
  organisation uuid not null,
  name         text not null,
  payment      text not null,
  origin       text not null,
  constraint projects_pkey PRIMARY KEY (id),
  constraint project_name_is_taken UNIQUE (name),
  constraint project_name_is_text CHECK (((length(btrim(name)) >= 1) AND (length(btrim(name)) <= 200))),
  constraint projects_origin_check CHECK ((origin = ANY (ARRAY['import'::text, 'usage'::text]))),
  constraint projects_payment_check CHECK ((payment = ANY (ARRAY['prepaid'::text, 'postpaid'::text]))),
  constraint projects_organisation_fkey FOREIGN KEY (organisation) REFERENCES parties.organisations(id)
);

create table parties.people (
  id     uuid not null,
  name   text,
  email  text,
  origin text not null,
  constraint people_pkey PRIMARY KEY (id),
  constraint person_name_is_taken UNIQUE (name),
  constraint people_origin_check CHECK ((origin = ANY (ARRAY['import'::text, 'usage'::text]))),
  constraint person_name_is_text CHECK (((length(btrim(name)) >= 1) AND (length(btrim(name)) <= 200)))
);

create table parties.providers (
  id     uuid not null,
  name   text not null,
  origin text not null,
  constraint providers_pkey PRIMARY KEY (id),
  constraint provider_name_is_taken UNIQUE (name),
  constraint provider_name_is_text CHECK (((length(btrim(name)) >= 1) AND (length(btrim(name)) <= 200))),
  constraint providers_origin_check CHECK ((origin = ANY (ARRAY['import'::text, 'usage'::text])))
);

create table parties.names (
  kind   text not null,
  source text not null,
  name   text not null,
  party  uuid not null,
  constraint name_means_one_party PRIMARY KEY (kind, source, name),
  constraint names_kind_check CHECK ((kind = ANY (ARRAY['project'::text, 'person'::text, 'provider'::text])))
);

create table parties.members (
  project uuid not null,
  person  uuid not null,
  constraint members_pkey PRIMARY KEY (project, person),
  constraint members_person_fkey FOREIGN KEY (person) REFERENCES parties.people(id),
  constraint members_project_fkey FOREIGN KEY (project) REFERENCES parties.projects(id)
);

create table parties.revision (
  only_row boolean default true not null,
  number   bigint not null,
  constraint revision_pkey PRIMARY KEY (only_row),
  constraint revision_only_row_check CHECK (only_row)
);

create table parties.former_names (
  kind   text not null,
  source text not null,
  name   text not null,
  party  uuid not null,
  constraint former_names_pkey PRIMARY KEY (kind, source, name, party),
  constraint former_names_kind_check CHECK ((kind = ANY (ARRAY['project'::text, 'person'::text, 'provider'::text])))
);
CREATE INDEX projects_of_organisation ON parties.projects USING btree (organisation);
CREATE INDEX names_of_party ON parties.names USING btree (party);
CREATE INDEX memberships_of_person ON parties.members USING btree (person);
CREATE INDEX former_names_of_party ON parties.former_names USING btree (party);

create view parties.known_projects as
 SELECT p.id,
    p.name,
    p.payment,
    p.origin,
    o.id AS organisation,
    o.name AS organisation_name,
    o.tier
   FROM (parties.projects p
     JOIN parties.organisations o ON ((o.id = p.organisation)));

create view parties.known_people as
 SELECT id,
    name,
    email,
    origin
   FROM parties.people;

create view parties.known_providers as
 SELECT id,
    name,
    origin
   FROM parties.providers;

create schema access;

create table access.keys (
  id         bigint not null,
  operation  bigint not null,
  at         timestamp with time zone not null,
  prefix     text not null,
  digest     bytea not null,
  principal  text not null,
  role       text not null,
  parties    text not null,
  expires_at timestamp with time zone,
  name       text not null,
  constraint keys_pkey PRIMARY KEY (id),
  constraint key_prefix_is_taken UNIQUE (prefix),
  constraint keys_parties_check CHECK (((parties = 'all'::text) OR (parties ~ '^(org|prj|per|prv)_[0-9a-f]{32}( (org|prj|per|prv)_[0-9a-f]{32})*$'::text))),
  constraint keys_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'supervisor'::text, 'finance'::text, 'provider'::text, 'service'::text, 'user'::text])))
);

create table access.revocations (
  id        bigint not null,
  operation bigint not null,
  at        timestamp with time zone not null,
  key       bigint not null,
  constraint revocations_pkey PRIMARY KEY (id),
  constraint key_is_revoked_once UNIQUE (key)
);

create table access.uses (
  key     bigint not null,
  used_at timestamp with time zone not null,
  constraint uses_pkey PRIMARY KEY (key)
);

create table access.revision (
  only_row boolean default true not null,
  number   bigint not null,
  constraint revision_pkey PRIMARY KEY (only_row),
  constraint revision_only_row_check CHECK (only_row)
);

create table access.approvals (
  id           bigint not null,
  operation    bigint not null,
  at           timestamp with time zone not null,
  proposed_by  text not null,
  wanted       text not null,
  method       text not null,
  url          text not null,
  content_type text,
  if_match     text,
  body         text,
  constraint approvals_pkey PRIMARY KEY (id)
);

create table access.decisions (
  id         bigint not null,
  operation  bigint not null,
  at         timestamp with time zone not null,
  approval   bigint not null,
  decided_by text not null,
  verdict    text not null,
  reason     text,
  constraint decisions_pkey PRIMARY KEY (id),
  constraint approval_is_decided_once UNIQUE (approval),
  constraint decisions_verdict_check CHECK ((verdict = ANY (ARRAY['approved'::text, 'rejected'::text])))
);

create schema tasks;

create table tasks.tasks (
  name         text not null,
  holder       text,
  leased_until timestamp with time zone,
  due_at       timestamp with time zone not null,
  started_at   timestamp with time zone,
  finished_at  timestamp with time zone,
  progress     text,
  failure      text,
  runs         bigint default 0 not null,
  failures     bigint default 0 not null,
  constraint tasks_pkey PRIMARY KEY (name),
  constraint lease_has_a_holder CHECK (((holder IS NULL) = (leased_until IS NULL))),
  constraint tasks_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

create schema ledger;
create sequence ledger.account_ids;

create table ledger.accounts (
  id           bigint not null,
  operation    bigint not null,
  owner        uuid not null,
  kind         text not null,
  currency     text not null,
  normal_side  text not null,
  posted       numeric(38,9) default 0 not null,
  entries      bigint default 0 not null,
  last_at      timestamp with time zone,
  stripe       smallint default 0 not null,
  held         numeric(38,9) default 0 not null,
  overrun      numeric(38,9) default 0 not null,
  credit_limit numeric(38,9) default 0 not null,
  next_expiry  timestamp with time zone,
  next_due     timestamp with time zone,
  budgets      smallint default 0 not null,
  constraint accounts_pkey PRIMARY KEY (id),
  constraint account_exists_once UNIQUE (owner, kind, currency, stripe),
  constraint account_has_one_currency UNIQUE (id, currency),
  constraint accounts_currency_check CHECK ((currency ~ '^[A-Z][A-Z0-9]{2,7}$'::text)),
  constraint accounts_entries_check CHECK ((entries >= 0)),
  constraint accounts_normal_side_check CHECK ((normal_side = ANY (ARRAY['debit'::text, 'credit'::text]))),
  constraint accounts_stripe_check CHECK (((stripe >= 0) AND (stripe <= 99))),
  constraint balance_must_not_be_overdrawn CHECK (((kind <> 'wallet'::text) OR ((((posted - held) + credit_limit) + overrun) >= (0)::numeric))),
  constraint credit_limit_is_in_range CHECK (((credit_limit >= (0)::numeric) AND (credit_limit < '100000000000000000000'::numeric))),
  constraint held_is_not_negative CHECK (((held >= (0)::numeric) AND ((kind = 'wallet'::text) OR (held = (0)::numeric)))),
  constraint overrun_is_not_negative CHECK ((overrun >= (0)::numeric)),
  constraint posted_is_in_range CHECK (((posted > '-10000000000000000000000000000'::numeric) AND (posted < '10000000000000000000000000000'::numeric)))
);

create table ledger.transfers (
  id             bigint not null,
  operation      bigint not null,
  debit_account  bigint not null,
  credit_account bigint not null,
  currency       text not null,
  amount         numeric(38,9) not null,
  reason         text not null,
  period         date not null,
  at             timestamp with time zone not null,
  debit_entry    bigint not null,
  debit_after    numeric(38,9) not null,
  credit_entry   bigint not null,
  credit_after   numeric(38,9) not null,
  constraint transfers_pkey PRIMARY KEY (id),
  constraint amount_is_positive CHECK (((amount > (0)::numeric) AND (amount < '100000000000000000000'::numeric))),
  constraint sides_are_two_accounts CHECK ((debit_account <> credit_account))
);

create table ledger.periods (
  period date not null,
  state  text not null,
  at     timestamp with time zone not null,
  constraint periods_pkey PRIMARY KEY (period),
  constraint periods_period_check CHECK ((EXTRACT(day FROM period) = (1)::numeric)),
  constraint periods_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);
CREATE UNIQUE INDEX credit_entry_is_written_once ON ledger.transfers USING btree (credit_account, credit_entry);
CREATE UNIQUE INDEX debit_entry_is_written_once ON ledger.transfers USING btree (debit_account, debit_entry);

create view ledger.entries as
 SELECT debit_account AS account,
    debit_entry AS entry,
    'debit'::text AS side,
    id AS transfer,
    operation,
    currency,
    amount,
    debit_after AS balance_after,
    credit_account AS other_account,
    reason,
    period,
    at
   FROM ledger.transfers
UNION ALL
 SELECT credit_account AS account,
    credit_entry AS entry,
    'credit'::text AS side,
    id AS transfer,
    operation,
    currency,
    amount,
    credit_after AS balance_after,
    debit_account AS other_account,
    reason,
    period,
    at
   FROM ledger.transfers;

create view ledger.wallets as
 SELECT id,
    owner,
    currency,
    posted,
    held,
    overrun,
    credit_limit,
    next_expiry,
    next_due,
    last_at
   FROM ledger.accounts
  WHERE (kind = 'wallet'::text);

CREATE OR REPLACE FUNCTION ledger.refuse_transfers_without_accounts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from fresh t
              where not exists (select from ledger.accounts a where a.id = t.debit_account and a.currency = t.currency)
                 or not exists (select from ledger.accounts a where a.id = t.credit_account and a.currency = t.currency))
  then
    raise foreign_key_violation using
      message = 'a transfer names an account that is not there, or is of another currency',
      constraint = 'transfer_moves_between_accounts_of_its_currency', schema = 'ledger', table = 'transfers';
  end if;
  return null;
end $function$
;
CREATE TRIGGER transfer_moves_between_accounts_of_its_currency AFTER INSERT ON ledger.transfers REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_transfers_without_accounts();
CREATE TRIGGER transfer_moves_between_accounts_of_its_currency_still AFTER UPDATE ON ledger.transfers REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_transfers_without_accounts();

create schema metering;
create sequence metering.quarantine_ids;

create table metering.meters (
  name        text not null,
  kind        text not null,
  unit        text not null,
  description text not null,
  constraint meters_pkey PRIMARY KEY (name),
  constraint meters_kind_check CHECK ((kind = ANY (ARRAY['counter'::text, 'level'::text, 'event'::text]))),
  constraint meters_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,62}$'::text))
);

create table metering.identities (
  source       text not null,
  external_id  text not null,
  record       bigint not null,
  period       date not null,
  version      integer not null,
  final        boolean not null,
  measured_at  timestamp with time zone not null,
  digest       bytea not null,
  confirmed_by bigint,
  called       text,
  told         json,
  constraint usage_is_recorded_once PRIMARY KEY (source, external_id),
  constraint identities_version_check CHECK ((version > 0))
);

create table metering.confirmations (
  id          bigint not null,
  operation   bigint not null,
  measured_at timestamp with time zone not null,
  records     integer not null,
  constraint confirmations_pkey PRIMARY KEY (id),
  constraint confirmations_records_check CHECK ((records > 0))
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
  starts_at   timestamp with time zone not null,
  ends_at     timestamp with time zone not null,
  measured_at timestamp with time zone not null,
  final       boolean not null,
  quantities  json not null,
  dimensions  json not null,
  digest      bytea not null,
  raw_digest  bytea not null,
  raw         text,
  raw_salt    bytea,
  erased_by   bigint,
  constraint records_pkey PRIMARY KEY (id, period),
  constraint usage_ends_after_it_starts CHECK ((ends_at >= starts_at))
) partition by range (period);

create table metering.quarantine (
  id          bigint not null,
  source      text not null,
  door        text not null,
  origin      text not null,
  line        bigint not null,
  reason      text not null,
  raw         text,
  digest      bytea not null,
  settings    text not null,
  state       text default 'waiting'::text not null,
  operation   bigint not null,
  replayed_by bigint,
  erased_by   bigint,
  at          timestamp with time zone not null,
  constraint quarantine_pkey PRIMARY KEY (id),
  constraint quarantined_once UNIQUE (source, digest),
  constraint quarantine_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'replayed'::text, 'dismissed'::text, 'erased'::text])))
);

create table metering.erasures (
  id          bigint not null,
  operation   bigint not null,
  person      uuid not null,
  records     bigint not null,
  quarantined bigint not null,
  constraint erasures_pkey PRIMARY KEY (id)
);

create table metering.dismissals (
  id          bigint not null,
  operation   bigint not null,
  quarantined bigint not null,
  reason      text not null,
  constraint dismissals_pkey PRIMARY KEY (id),
  constraint dismissals_quarantined_key UNIQUE (quarantined)
);
CREATE INDEX identities_by_what_they_are_called ON metering.identities USING btree (called, source) WHERE (called IS NOT NULL);

create view metering.standing as
 SELECT r.id,
    r.period,
    r.operation,
    r.source,
    r.external_id,
    r.version,
    r.project,
    r.person,
    r.provider,
    r.service,
    r.subtype,
    r.starts_at,
    r.ends_at,
    r.measured_at,
    r.final,
    r.quantities,
    r.dimensions
   FROM (metering.identities i
     JOIN metering.records r ON (((r.id = i.record) AND (r.period = i.period))));

create view metering.versions as
 SELECT id,
    period,
    operation,
    source,
    external_id,
    version,
    project,
    person,
    provider,
    service,
    subtype,
    starts_at,
    ends_at,
    measured_at,
    final,
    quantities,
    dimensions
   FROM metering.records;

create schema pricing;

create table pricing.book (
  only_row boolean default true not null,
  revision integer not null,
  constraint book_pkey PRIMARY KEY (only_row),
  constraint book_only_row_check CHECK (only_row)
);

create table pricing.versions (
  id         bigint not null,
  operation  bigint not null,
  kind       text not null,
  service    text not null,
  subtype    text not null,
  component  text not null,
  scope_kind text not null,
  scope      text not null,
  valid_from timestamp with time zone not null,
  definition json,
  revision   integer not null,
  book       integer not null,
  constraint versions_pkey PRIMARY KEY (id),
  constraint version_starts_once UNIQUE (kind, service, subtype, component, scope_kind, scope, valid_from, revision),
  constraint versions_book_check CHECK ((book > 0)),
  constraint versions_kind_check CHECK ((kind = ANY (ARRAY['price'::text, 'policy'::text, 'discount'::text]))),
  constraint versions_revision_check CHECK ((revision > 0)),
  constraint versions_scope_kind_check CHECK ((scope_kind = ANY (ARRAY['default'::text, 'tier'::text, 'organisation'::text, 'project'::text, 'person'::text])))
);

create table pricing.uses (
  version   bigint not null,
  operation bigint not null,
  constraint uses_pkey PRIMARY KEY (version),
  constraint uses_version_fkey FOREIGN KEY (version) REFERENCES pricing.versions(id)
);

create schema credits;

create table credits.grants (
  id         bigint not null,
  operation  bigint not null,
  wallet     bigint not null,
  amount     numeric(38,9) not null,
  origin     text not null,
  expires_at timestamp with time zone,
  transfer   bigint not null,
  constraint grants_pkey PRIMARY KEY (id),
  constraint grant_is_positive CHECK (((amount > (0)::numeric) AND (amount < '100000000000000000000'::numeric)))
);

create table credits.lots (
  id         bigint not null,
  wallet     bigint not null,
  grant_id   bigint not null,
  expires_at timestamp with time zone not null,
  posted     numeric(38,9) not null,
  held       numeric(38,9) default 0 not null,
  constraint lots_pkey PRIMARY KEY (id),
  constraint grant_has_one_lot_in_a_wallet UNIQUE (wallet, grant_id),
  constraint lot_holds_no_more_than_it_has CHECK (((held >= (0)::numeric) AND (held <= posted)))
);

create table credits.draws (
  id           bigint not null,
  operation    bigint not null,
  lot          bigint not null,
  reservation  bigint,
  page         bigint,
  posted_delta numeric(38,9) not null,
  held_delta   numeric(38,9) not null,
  constraint draws_pkey PRIMARY KEY (id)
);

create table credits.reservations (
  id        bigint not null,
  operation bigint not null,
  wallet    bigint not null,
  payer     uuid not null,
  project   uuid,
  person    uuid,
  provider  uuid not null,
  owners    uuid[] not null,
  currency  text not null,
  service   text not null,
  subtype   text not null,
  amount    numeric(38,9) not null,
  overrun   text not null,
  at        timestamp with time zone not null,
  until     timestamp with time zone not null,
  estimate  text,
  constraint reservations_pkey PRIMARY KEY (id),
  constraint hold_is_not_negative CHECK (((amount >= (0)::numeric) AND (amount < '100000000000000000000'::numeric))),
  constraint hold_lasts CHECK ((until > at)),
  constraint reservations_overrun_check CHECK ((overrun = ANY (ARRAY['charge'::text, 'charge-to-zero'::text, 'absorb'::text])))
);

create table credits.steps (
  reservation bigint not null,
  n           integer not null,
  id          bigint not null,
  operation   bigint not null,
  kind        text not null,
  ends        boolean not null,
  held_delta  numeric(38,9) not null,
  charged     numeric(38,9) default 0 not null,
  absorbed    numeric(38,9) default 0 not null,
  until       timestamp with time zone,
  at          timestamp with time zone not null,
  constraint steps_pkey PRIMARY KEY (reservation, n),
  constraint steps_charged_check CHECK ((charged >= (0)::numeric)),
  constraint steps_check CHECK (((absorbed >= (0)::numeric) AND (absorbed <= charged))),
  constraint steps_kind_check CHECK ((kind = ANY (ARRAY['grow'::text, 'extend'::text, 'settle'::text, 'release'::text, 'expire'::text, 'late'::text]))),
  constraint steps_n_check CHECK ((n > 0))
);

create table credits.holds (
  reservation bigint not null,
  wallet      bigint not null,
  held        numeric(38,9) not null,
  charged     numeric(38,9) default 0 not null,
  until       timestamp with time zone not null,
  steps       integer default 0 not null,
  windows     text,
  constraint holds_pkey PRIMARY KEY (reservation),
  constraint holds_held_check CHECK ((held >= (0)::numeric))
);

create table credits.budgets (
  id        bigint not null,
  operation bigint not null,
  wallet    bigint not null,
  span      text not null,
  amount    numeric(38,9),
  constraint budgets_pkey PRIMARY KEY (id),
  constraint budgets_amount_check CHECK (((amount >= (0)::numeric) AND (amount < '100000000000000000000'::numeric))),
  constraint budgets_span_check CHECK ((span = ANY (ARRAY['day'::text, 'month'::text, 'total'::text])))
);

create table credits.budget_windows (
  wallet  bigint not null,
  span    text not null,
  starts  date not null,
  amount  numeric(38,9) not null,
  used    numeric(38,9) not null,
  overrun numeric(38,9) default 0 not null,
  constraint budget_windows_pkey PRIMARY KEY (wallet, span, starts),
  constraint budget_must_not_be_overdrawn CHECK (((used >= (0)::numeric) AND (used <= (amount + overrun)))),
  constraint budget_windows_overrun_check CHECK ((overrun >= (0)::numeric))
);

create table credits.counts (
  id        bigint not null,
  operation bigint not null,
  page      bigint not null,
  owner     uuid not null,
  wallet    bigint not null,
  span      text not null,
  starts    date not null,
  delta     numeric(38,9) not null,
  constraint counts_pkey PRIMARY KEY (id),
  constraint counts_span_check CHECK ((span = ANY (ARRAY['day'::text, 'month'::text, 'total'::text])))
);
CREATE INDEX grants_of_wallet ON credits.grants USING btree (wallet, id);
CREATE INDEX lots_of_wallet ON credits.lots USING btree (wallet, expires_at);
CREATE INDEX draws_of_lot ON credits.draws USING btree (lot);
CREATE INDEX draws_of_page ON credits.draws USING btree (page) WHERE (page IS NOT NULL);
CREATE INDEX draws_of_reservation ON credits.draws USING btree (reservation) WHERE (reservation IS NOT NULL);
CREATE INDEX reservations_of_wallet ON credits.reservations USING btree (wallet, id);
CREATE UNIQUE INDEX reservation_ends_once ON credits.steps USING btree (reservation) WHERE ends;
CREATE INDEX holds_by_time ON credits.holds USING btree (wallet, until);
CREATE INDEX budgets_of_wallet ON credits.budgets USING btree (wallet, span, id);
CREATE INDEX counts_of_page ON credits.counts USING btree (page);

create view credits.reservations_made as
 SELECT id,
    operation,
    at,
    wallet,
    service,
    subtype,
    amount,
    estimate
   FROM credits.reservations;

create view credits.reservation_steps as
 SELECT s.id,
    s.operation,
    s.at,
    r.wallet,
    s.reservation,
    r.service,
    r.subtype,
    r.estimate,
    s.kind,
    s.held_delta,
    s.charged,
    (s.charged - s.absorbed) AS paid
   FROM (credits.steps s
     JOIN credits.reservations r ON ((r.id = s.reservation)));

create schema charging;

create table charging.charges (
  id        bigint not null,
  period    date not null,
  operation bigint not null,
  record    bigint not null,
  project   uuid not null,
  provider  uuid not null,
  component text not null,
  part      smallint not null,
  revision  smallint not null,
  kind      text not null,
  price     bigint not null,
  book      integer not null,
  quantity  numeric not null,
  amount    numeric(38,9) not null,
  currency  text not null,
  transfer  bigint,
  constraint amount_is_in_range CHECK (((amount > '-100000000000000000000'::numeric) AND (amount < '100000000000000000000'::numeric))),
  constraint charges_kind_check CHECK ((kind = ANY (ARRAY['charge'::text, 'reversal'::text, 'memo'::text]))),
  constraint memo_moves_nothing CHECK (((kind <> 'memo'::text) OR (transfer IS NULL))),
  constraint money_moves_by_a_transfer CHECK (((kind = 'memo'::text) OR (amount = (0)::numeric) OR (transfer IS NOT NULL)))
) partition by range (period);

create table charging.states (
  id        bigint not null,
  operation bigint not null,
  record    bigint not null,
  period    date not null,
  state     text not null,
  reason    text not null,
  book      integer not null,
  constraint states_pkey PRIMARY KEY (id),
  constraint states_state_check CHECK ((state = ANY (ARRAY['accruing'::text, 'free'::text, 'unpriced'::text, 'uncharged'::text, 'charged'::text])))
);

create table charging.true_ups (
  id        bigint not null,
  operation bigint not null,
  period    date not null,
  project   uuid not null,
  provider  uuid not null,
  component text not null,
  price     bigint not null,
  currency  text not null,
  quantity  numeric not null,
  total     numeric(38,9) not null,
  amount    numeric(38,9) not null,
  transfer  bigint not null,
  constraint true_ups_pkey PRIMARY KEY (id),
  constraint true_up_changes_something CHECK ((amount <> (0)::numeric))
);

create table charging.due_true_ups (
  operation bigint not null,
  places    text[] not null,
  at        timestamp with time zone not null,
  constraint due_true_ups_pkey PRIMARY KEY (operation)
);

create table charging.settlements (
  id                bigint not null,
  operation         bigint not null,
  reservation       bigint not null,
  period            date not null,
  at                timestamp with time zone not null,
  payer             uuid not null,
  project           uuid not null,
  person            uuid,
  provider          uuid not null,
  service           text not null,
  subtype           text not null,
  currency          text not null,
  amount            numeric(38,9) not null,
  absorbed          numeric(38,9) not null,
  quantities        text,
  lines             text,
  book              integer,
  transfer          bigint,
  absorbed_transfer bigint,
  constraint settlements_pkey PRIMARY KEY (id),
  constraint absorbed_money_moves_by_a_transfer CHECK (((absorbed = (0)::numeric) OR (absorbed_transfer IS NOT NULL))),
  constraint settled_money_moves_by_a_transfer CHECK (((amount = absorbed) OR (transfer IS NOT NULL))),
  constraint settlements_amount_check CHECK (((amount >= (0)::numeric) AND (amount < '100000000000000000000'::numeric))),
  constraint settlements_check CHECK (((absorbed >= (0)::numeric) AND (absorbed <= amount)))
);

create table charging.refunds (
  id         bigint not null,
  operation  bigint not null,
  settlement bigint,
  charge     bigint,
  payer      uuid not null,
  provider   uuid not null,
  period     date not null,
  at         timestamp with time zone not null,
  currency   text not null,
  paid       numeric(38,9) not null,
  before     numeric(38,9) not null,
  amount     numeric(38,9) not null,
  reason     text not null,
  transfer   bigint not null,
  constraint refunds_pkey PRIMARY KEY (id),
  constraint refund_is_of_one_charge CHECK ((num_nonnulls(settlement, charge) = 1)),
  constraint refunds_amount_check CHECK ((amount <> (0)::numeric)),
  constraint refunds_before_check CHECK ((before >= (0)::numeric)),
  constraint refunds_must_not_exceed_what_was_paid CHECK ((((before + amount) >= (0)::numeric) AND ((before + amount) <= paid)))
);
CREATE INDEX charges_by_id ON ONLY charging.charges USING brin (id) WITH (pages_per_range='32', autosummarize='on');
CREATE UNIQUE INDEX record_is_charged_once ON ONLY charging.charges USING btree (record, component, part, revision, kind, period);
CREATE INDEX records_without_a_price ON charging.states USING btree (record) WHERE (state = 'unpriced'::text);
CREATE INDEX states_by_record ON charging.states USING btree (record, id);
CREATE INDEX true_ups_by_project ON charging.true_ups USING btree (project, period, component);
CREATE INDEX settlements_by_project ON charging.settlements USING btree (project, period);
CREATE INDEX settlements_by_reservation ON charging.settlements USING btree (reservation);
CREATE UNIQUE INDEX charge_is_refunded_in_turn ON charging.refunds USING btree (charge, before) WHERE (charge IS NOT NULL);
CREATE UNIQUE INDEX settlement_is_refunded_in_turn ON charging.refunds USING btree (settlement, before) WHERE (settlement IS NOT NULL);

create schema jobs;

create table jobs.price_book (
  only_row boolean default true not null,
  revision bigint not null,
  constraint price_book_pkey PRIMARY KEY (only_row),
  constraint price_book_only_row_check CHECK (only_row)
);

create table jobs.subtypes (
  name     text not null,
  position integer not null,
  legacy   boolean not null,
  book     bigint not null,
  constraint subtypes_pkey PRIMARY KEY (name),
  constraint subtypes_position_key UNIQUE ("position"),
  constraint subtypes_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,99}$'::text))
);

create table jobs.prices (
  id         bigint not null,
  operation  bigint not null,
  book       bigint not null,
  type       text not null,
  subtype    text not null,
  vlab       uuid,
  valid_from timestamp with time zone not null,
  valid_to   timestamp with time zone,
  tiers      text not null,
  constraint prices_pkey PRIMARY KEY (id),
  constraint price_lasts CHECK ((valid_to > valid_from)),
  constraint prices_type_check CHECK ((type = ANY (ARRAY['oneshot'::text, 'longrun'::text, 'storage'::text])))
);

create table jobs.discounts (
  id         bigint not null,
  operation  bigint not null,
  book       bigint not null,
  vlab       uuid not null,
  discount   numeric not null,
  valid_from timestamp with time zone not null,
  valid_to   timestamp with time zone,
  constraint discounts_pkey PRIMARY KEY (id),
  constraint discount_lasts CHECK ((valid_to > valid_from)),
  constraint discounts_discount_check CHECK (((discount >= (0)::numeric) AND (discount <= (1)::numeric)))
);

create table jobs.ends (
  id        bigint not null,
  operation bigint not null,
  book      bigint not null,
  ended     bigint not null,
  valid_to  timestamp with time zone,
  constraint ends_pkey PRIMARY KEY (id)
);

create table jobs.jobs (
  id              uuid not null,
  type            text not null,
  subtype         text not null,
  project         uuid not null,
  vlab            uuid not null,
  user_id         uuid,
  group_id        uuid,
  name            text,
  reservations    bigint[] not null,
  reserved_at     timestamp with time zone not null,
  reserved_amount numeric(38,9) not null,
  reserved_count  numeric(38,0),
  duration        numeric(38,0),
  instances       numeric(38,0),
  instance_type   text,
  price           bigint,
  discount        bigint,
  started_at      timestamp with time zone,
  alive_at        timestamp with time zone,
  told_finish     timestamp with time zone,
  units           numeric(38,0) default 0 not null,
  running         numeric(38,0) not null,
  told_at         timestamp with time zone,
  finished_at     timestamp with time zone,
  cancelled_at    timestamp with time zone,
  charged         numeric(38,9) default 0 not null,
  absorbed        numeric(38,9) default 0 not null,
  constraint jobs_pkey PRIMARY KEY (id),
  constraint job_absorbs_at_most_what_it_cost CHECK (((absorbed >= (0)::numeric) AND (absorbed <= charged))),
  constraint job_is_not_charged_below_zero CHECK ((charged >= (0)::numeric)),
  constraint job_starts_before_it_ends CHECK (((started_at <= alive_at) AND (alive_at <= finished_at))),
  constraint job_that_used_has_started CHECK (((started_at IS NOT NULL) OR ((units = (0)::numeric) AND (charged = (0)::numeric) AND (alive_at IS NULL)))),
  constraint jobs_type_check CHECK ((type = ANY (ARRAY['oneshot'::text, 'longrun'::text, 'storage'::text])))
);

create table jobs.events (
  id        bigint not null,
  operation bigint not null,
  job       uuid not null,
  kind      text not null,
  at        timestamp with time zone not null,
  instances numeric(38,0),
  count     numeric(38,0),
  constraint events_pkey PRIMARY KEY (id),
  constraint events_kind_check CHECK ((kind = ANY (ARRAY['oneshot'::text, 'started'::text, 'running'::text, 'finished'::text, 'stored'::text])))
);

create table jobs.problems (
  id        bigint not null,
  operation bigint not null,
  at        timestamp with time zone not null,
  reason    text not null,
  project   uuid not null,
  job       uuid,
  event     text not null,
  constraint problems_pkey PRIMARY KEY (id)
);

create table jobs.accounts (
  id          uuid not null,
  kind        text not null,
  name        text not null,
  parent      uuid,
  enabled     boolean default true not null,
  opened_with numeric(38,9) default 0 not null,
  created_at  timestamp with time zone not null,
  constraint accounts_pkey PRIMARY KEY (id),
  constraint accounts_kind_check CHECK ((kind = ANY (ARRAY['system'::text, 'virtual-lab'::text, 'project'::text]))),
  constraint project_alone_has_a_parent CHECK (((kind = 'project'::text) = (parent IS NOT NULL)))
);

create table jobs.account_list (
  only_row boolean default true not null,
  revision bigint not null,
  constraint account_list_pkey PRIMARY KEY (only_row),
  constraint account_list_only_row_check CHECK (only_row)
);

create table jobs.report_parts (
  kind    text not null,
  account uuid not null,
  starts  timestamp with time zone not null,
  jobs    bigint not null,
  constraint report_parts_pkey PRIMARY KEY (kind, account, starts),
  constraint report_parts_kind_check CHECK ((kind = ANY (ARRAY['system'::text, 'virtual-lab'::text, 'project'::text])))
);

create table jobs.report_changes (
  project    uuid not null,
  vlab       uuid not null,
  started_at timestamp with time zone not null,
  jobs       integer not null
);

create table jobs.referred (
  reference    text not null,
  input_digest bytea not null,
  answer       text not null,
  operation    bigint not null,
  constraint reference_is_used_once PRIMARY KEY (reference),
  constraint referred_input_digest_check CHECK ((octet_length(input_digest) = 32)),
  constraint referred_reference_check CHECK ((reference ~ '^[a-z-]+ [0-9a-f]{64}$'::text))
);
CREATE INDEX discounts_of_vlab ON jobs.discounts USING btree (vlab);
CREATE INDEX ends_of_one ON jobs.ends USING btree (ended, id);
CREATE INDEX finished_jobs ON jobs.jobs USING btree (started_at DESC, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX finished_jobs_of_project ON jobs.jobs USING btree (project, started_at DESC, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX finished_jobs_of_vlab ON jobs.jobs USING btree (vlab, started_at DESC, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX open_jobs ON jobs.jobs USING btree (type, reserved_at, id) WHERE ((finished_at IS NULL) AND (cancelled_at IS NULL));
CREATE INDEX storage_of_project ON jobs.jobs USING btree (project, started_at) WHERE (type = 'storage'::text);
CREATE INDEX events_of_job ON jobs.events USING btree (job, at);
CREATE INDEX problems_of_job ON jobs.problems USING btree (job, id);
CREATE INDEX problems_of_project ON jobs.problems USING btree (project, id);
CREATE INDEX accounts_of_parent ON jobs.accounts USING btree (parent);
CREATE UNIQUE INDEX there_is_one_system_account ON jobs.accounts USING btree (kind) WHERE (kind = 'system'::text);
