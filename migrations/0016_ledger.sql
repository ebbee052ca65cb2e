-- Wallets change with every batch: with room on the page a change writes no index.
alter table ledger.accounts set (fillfactor = 50);
