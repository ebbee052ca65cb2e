-- parties: who uses, who pays, who earns. Names are personal data and stand outside what is sealed.
create schema parties;

create table parties.organisations (
  id     uuid primary key,
  name   text not null,
  tier   text not null check (tier ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
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

create table parties.people (
  id     uuid primary key,
  name   text,
  email  text,
  origin text not null check (origin in ('import', 'usage')),
  constraint person_name_is_taken unique (name)
);

create table parties.providers (
  id     uuid primary key,
  name   text not null,
  origin text not null check (origin in ('import', 'usage')),
  constraint provider_name_is_taken unique (name)
);

-- What a source calls a party; '*' is any source. One party can have many names.
create table parties.names (
  kind    text not null check (kind in ('project', 'person', 'provider')),
  source  text not null,
  name    text not null,
  party   uuid not null,
  primary key (kind, source, name)
);

create table parties.members (
  project uuid not null references parties.projects (id),
  person  uuid not null references parties.people (id),
  primary key (project, person)
);
