-- ledger: an account of the house takes what all payers together come to. Each amount is bounded where it is asked for;
-- were the sum bounded as near, one payer's debt could stop the charges of everybody else.
alter table ledger.accounts
  drop constraint posted_is_in_range,
  add constraint posted_is_in_range check (posted > -1e28 and posted < 1e28);
