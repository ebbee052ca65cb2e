-- A foreign key looks a block up for each operation that is sealed in it, and locks it each time: a fifteenth of what the
-- database does under load. One look for all that were sealed together says the same.
alter table audit.seals drop constraint seals_block_fkey;

create function audit.refuse_seals_without_block() returns trigger language plpgsql as $$
begin
  if exists (select from (select distinct block from fresh) f
              where not exists (select from audit.blocks b where b.number = f.block))
  then
    raise foreign_key_violation using
      message = 'a seal names a block that is not there',
      constraint = 'seal_is_of_a_block', schema = 'audit', table = 'seals';
  end if;
  return null;
end $$;

create trigger seal_is_of_a_block
  after insert on audit.seals referencing new table as fresh
  for each statement execute function audit.refuse_seals_without_block();

create trigger seal_is_of_a_block_still
  after update on audit.seals referencing new table as fresh
  for each statement execute function audit.refuse_seals_without_block();

create function audit.refuse_to_leave_seals_without_block() returns trigger language plpgsql as $$
begin
  if exists (select from gone where exists (select from audit.seals s where s.block = gone.number)
                                and not exists (select from audit.blocks b where b.number = gone.number))
  then
    raise foreign_key_violation using
      message = 'a block is taken away that seals name',
      constraint = 'seal_is_of_a_block', schema = 'audit', table = 'blocks';
  end if;
  return null;
end $$;

create trigger seal_keeps_its_block
  after delete on audit.blocks referencing old table as gone
  for each statement execute function audit.refuse_to_leave_seals_without_block();

create trigger seal_keeps_its_block_still
  after update on audit.blocks referencing old table as gone
  for each statement execute function audit.refuse_to_leave_seals_without_block();
