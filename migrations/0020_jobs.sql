-- jobs: who has an account at the job doors.

-- The party of the same id has the wallet, which stays when the account is deleted. A row changes only under the lock of
-- that wallet; the system account has none. Names stand here alone, beside the seal.
create table jobs.accounts (
  id          uuid primary key,
  kind        text not null check (kind in ('system', 'virtual-lab', 'project')),
  name        text not null,
  parent      uuid,
  enabled     boolean not null default true,
  -- What it was opened with: the same request again is told from another one by it.
  opened_with numeric(38,9) not null default 0,
  created_at  timestamptz not null,
  constraint project_alone_has_a_parent check ((kind = 'project') = (parent is not null))
);
create index accounts_of_parent on jobs.accounts (parent);
create unique index there_is_one_system_account on jobs.accounts (kind) where kind = 'system';

-- Raised when an account is changed or deleted: who remembers accounts looks whether it is still the same.
create table jobs.account_list (
  only_row boolean primary key default true check (only_row),
  revision bigint not null
);
insert into jobs.account_list (revision) values (0);
