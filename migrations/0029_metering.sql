-- What will never become a usage record waits no more: the row stays, and who said so, and why, stands in the seal.
alter table metering.quarantine
  drop constraint quarantine_state_check,
  add constraint quarantine_state_check check (state in ('waiting', 'replayed', 'dismissed', 'erased'));

create table metering.dismissals (
  id          bigint primary key,
  operation   bigint not null,
  quarantined bigint not null unique,
  reason      text not null
);
