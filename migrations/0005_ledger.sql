-- ledger: accounts and transfers; nothing about why money moves.
create schema ledger;

create sequence ledger.account_ids;

create table ledger.accounts (
  id          bigint primary key,
  operation   bigint not null,
  owner       uuid not null,
  kind        text not null,
  currency    text not null check (currency ~ '^[A-Z][A-Z0-9]{2,7}$'),
  normal_side text not null check (normal_side in ('debit', 'credit')),
  -- Of the account's own side: debits less credits of an asset, credits less debits of income.
  posted      numeric(38,9) not null default 0,
  entries     bigint not null default 0 check (entries >= 0),
  last_at     timestamptz,
  -- An account that everybody posts to has a row for each lane besides; its balance is their sum.
  stripe      smallint not null default 0 check (stripe between 0 and 99),
  -- Of wallets: what open reservations set aside, what was spent beyond it on record, how far it may go below zero.
  held         numeric(38,9) not null default 0,
  overrun      numeric(38,9) not null default 0,
  credit_limit numeric(38,9) not null default 0,
  -- When credits of it expire next, when a reservation on it does at the earliest, how many budgets it has.
  next_expiry  timestamptz,
  next_due     timestamptz,
  budgets      smallint not null default 0,
  constraint account_exists_once unique (owner, kind, currency, stripe),
  constraint balance_must_not_be_overdrawn check (kind <> 'wallet' or posted - held + credit_limit + overrun >= 0),
  constraint held_is_not_negative check (held >= 0 and (kind = 'wallet' or held = 0)),
  constraint overrun_is_not_negative check (overrun >= 0),
  constraint credit_limit_is_in_range check (credit_limit >= 0 and credit_limit < 1e20),
  constraint account_has_one_currency unique (id, currency),
  constraint posted_is_in_range check (posted > -1e20 and posted < 1e20)
);

create table ledger.transfers (
  id             bigint primary key,
  operation      bigint not null,
  debit_account  bigint not null,
  credit_account bigint not null,
  currency       text not null,
  amount         numeric(38,9) not null,
  reason         text not null,
  period         date not null,
  at             timestamptz not null,
  -- The place of this transfer in each account's own history, and the balance after it.
  debit_entry    bigint not null,
  debit_after    numeric(38,9) not null,
  credit_entry   bigint not null,
  credit_after   numeric(38,9) not null,
  constraint amount_is_positive check (amount > 0 and amount < 1e20),
  constraint sides_are_two_accounts check (debit_account <> credit_account)
);
create unique index debit_entry_is_written_once on ledger.transfers (debit_account, debit_entry);
create unique index credit_entry_is_written_once on ledger.transfers (credit_account, credit_entry);

-- A transfer between two currencies, or of an account that is not there, cannot be written. One look for all rows of a
-- statement: two foreign keys would look twice for each row, which is two thirds of what a transfer costs.
create function ledger.refuse_transfers_without_accounts() returns trigger language plpgsql as $$
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
end $$;
create trigger transfer_moves_between_accounts_of_its_currency
  after insert on ledger.transfers referencing new table as fresh
  for each statement execute function ledger.refuse_transfers_without_accounts();
create trigger transfer_moves_between_accounts_of_its_currency_still
  after update on ledger.transfers referencing new table as fresh
  for each statement execute function ledger.refuse_transfers_without_accounts();

create table ledger.periods (
  period date primary key check (extract(day from period) = 1),
  state  text not null check (state in ('open', 'closed')),
  at     timestamptz not null
);

-- One side of a transfer as seen from one account.
create view ledger.entries as
  select debit_account as account, debit_entry as entry, 'debit' as side, id as transfer, operation, currency, amount,
         debit_after as balance_after, credit_account as other_account, reason, period, at
    from ledger.transfers
  union all
  select credit_account, credit_entry, 'credit', id, operation, currency, amount,
         credit_after, debit_account, reason, period, at
    from ledger.transfers;
