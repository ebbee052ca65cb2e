-- parties: who uses, who pays, who earns. Names are personal data and stand outside what is sealed.
create schema parties;

create table parties.organisations (
  id     uuid primary key,
  name   text not null,
  tier   text not null constraint tier_is_a_word check (tier ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  origin text not null check (origin in ('import', 'usage')),
  constraint organisation_name_is_taken unique (name),
  constraint organisation_name_is_text check (length(btrim(name)) between 1 and 200)
);

create table parties.projects (
  id           uuid primary key,
  organisation uuid not null references parties.organisations (id),
  name         text not null,
  payment      text not null check (payment in ('prepaid', 'postpaid')),
  origin       text not null check (origin in ('import', 'usage')),
  constraint project_name_is_taken unique (name),
  constraint project_name_is_text check (length(btrim(name)) between 1 and 200)
);
create index projects_of_organisation on parties.projects (organisation);

-- A person without a name was erased.
create table parties.people (
  id     uuid primary key,
  name   text,
  email  text,
  origin text not null check (origin in ('import', 'usage')),
  constraint person_name_is_taken unique (name),
  constraint person_name_is_text check (length(btrim(name)) between 1 and 200)
);

create table parties.providers (
  id     uuid primary key,
  name   text not null,
  origin text not null check (origin in ('import', 'usage')),
  constraint provider_name_is_taken unique (name),
  constraint provider_name_is_text check (length(btrim(name)) between 1 and 200)
);

-- What a source calls a party; '*' is any source that has no name of its own for it. One party can have many names.
create table parties.names (
  kind    text not null check (kind in ('project', 'person', 'provider')),
  source  text not null,
  name    text not null,
  party   uuid not null,
  constraint name_means_one_party primary key (kind, source, name)
);
create index names_of_party on parties.names (party);

create table parties.members (
  project uuid not null references parties.projects (id),
  person  uuid not null references parties.people (id),
  primary key (project, person)
);
create index memberships_of_person on parties.members (person);

-- Counts up with each import, so that a process that remembers names sees that it has to ask again.
create table parties.revision (
  only_row boolean primary key default true check (only_row),
  number   bigint not null
);
insert into parties.revision (number) values (1);

-- What others may read.
create view parties.known_projects as
  select p.id, p.name, p.payment, p.origin, o.id as organisation, o.name as organisation_name, o.tier
    from parties.projects p
    join parties.organisations o on o.id = p.organisation;

create view parties.known_people as
  select id, name, email, origin from parties.people;

create view parties.known_providers as
  select id, name, origin from parties.providers;
