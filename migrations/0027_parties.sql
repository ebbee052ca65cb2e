-- Whom a name meant before it was given to somebody else. What a source said under it and says again is no news, and is
-- told from what it says now by asking whom its names ever meant.
create table parties.former_names (
  kind   text not null check (kind in ('project', 'person', 'provider')),
  source text not null,
  name   text not null,
  party  uuid not null,
  primary key (kind, source, name, party)
);
create index former_names_of_party on parties.former_names (party);
