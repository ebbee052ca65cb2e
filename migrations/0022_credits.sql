-- credits: what reservations did to their wallets, as others may read it.
create view credits.reservations_made as
  select id, operation, at, wallet, service, subtype, amount, estimate
    from credits.reservations;

create view credits.reservation_steps as
  select s.id, s.operation, s.at, r.wallet, s.reservation, r.service, r.subtype, r.estimate, s.kind, s.held_delta,
         s.charged, s.charged - s.absorbed as paid
    from credits.steps s
    join credits.reservations r on r.id = s.reservation;
