-- jobs: what was done under a reference of a client, whoever sent it and under whatever key; a word for what was asked and
-- the SHA-256 of the reference. And the part of what a job cost that its project did not pay.
create table jobs.referred (
  reference    text not null check (reference ~ '^[a-z-]+ [0-9a-f]{64}$'),
  input_digest bytea not null check (octet_length(input_digest) = 32),
  answer       text not null,
  operation    bigint not null,
  constraint reference_is_used_once primary key (reference)
);

alter table jobs.jobs add column absorbed numeric(38, 9) not null default 0;

update jobs.jobs j
   set absorbed = least(j.charged, borne.absorbed)
  from (select n.job, sum(s.charged - s.paid) as absorbed
          from credits.reservation_steps s
          join (select id as job, unnest(reservations) as reservation from jobs.jobs where charged > 0) as n
            on n.reservation = s.reservation
         where s.charged > s.paid
         group by n.job) as borne
 where borne.job = j.id;

alter table jobs.jobs add constraint job_absorbs_at_most_what_it_cost check (absorbed between 0 and charged);
