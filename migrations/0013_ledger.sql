-- ledger: wallets as others may read them.
create view ledger.wallets as
  select id, owner, currency, posted, held, overrun, credit_limit, next_expiry, next_due, last_at
    from ledger.accounts
   where kind = 'wallet';
