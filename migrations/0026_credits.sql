-- credits: where in budgets pages of usage count: what is given back of them counts no more there, and not where it is now.
create table credits.counts (
  id        bigint primary key,
  operation bigint not null,
  -- The operation that charged the usage; what gives back names the page of which it does.
  page      bigint not null,
  -- Who paid it, or the person who used it.
  owner     uuid not null,
  -- Whose budget it is, and which of its days or months.
  wallet    bigint not null,
  span      text not null check (span in ('day', 'month', 'total')),
  starts    date not null,
  delta     numeric(38,9) not null
);
create index counts_of_page on credits.counts (page);
