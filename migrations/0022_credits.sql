-- credits: what reservations did to their wallets, as others may read it.
create view credits.reservation_moves as
  select id, operation, at, wallet, id as reservation, service, subtype, estimate, 'hold' as kind,
         amount as held_delta, 0::numeric as charged, 0::numeric as paid
    from credits.reservations
  union all
  select s.id, s.operation, s.at, r.wallet, r.id, r.service, r.subtype, r.estimate, s.kind,
         s.held_delta, s.charged, s.charged - s.absorbed
    from credits.steps s
    join credits.reservations r on r.id = s.reservation;
