import type { Inquiry } from './inquiry.ts'

/** The time is that of the record, or a later one at which an operation found the same said again. */
const saysAnotherTime = `
  case when i.confirmed_by is null then r.measured_at <> i.measured_at
       else r.measured_at >= i.measured_at
            or not exists (select from metering.confirmations c
                            where c.operation = i.confirmed_by and c.measured_at = i.measured_at) end`

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`

/** Nor was a part of it told at a time that is later still. */
const saysLaterParts = `
  exists (select from json_each(i.told -> 'parts') as part
           where (part.value ->> 0)::bigint > (extract(epoch from i.measured_at) * 1000)::bigint)`

/** What `metering` makes the digest of a record's content from, in its words. */
const content = `
  substring(sha256(convert_to(concat_ws(chr(10), r.service, r.subtype, ${ms('r.starts_at')}, ${ms('r.ends_at')},
    r.final::text, r.project, coalesce(r.person::text, 'null'), r.provider, r.quantities, r.dimensions), 'UTF8')) for 16)`

const identityOfRecord = `'of ' || coalesce(r.external_id, i.external_id) || ' of ' || coalesce(r.source, i.source)`

const standing: Inquiry = {
  name: 'each thing used has one record that stands',
  looked: `
    select (select count(*) from metering.identities) || ' things used, ' || (select count(*) from metering.records)
           || ' records' as looked`,
  wrongs: [
    `select case when r.id is null or r.id <> i.record or r.digest = ${content} and i.record is not null
                 then 'metering.identities' else 'metering.records' end as "table",
            coalesce('rec_' || r.id || ' ', '') || ${identityOfRecord} as row,
            coalesce(r.operation, i.record >> 20)::text as operation,
            case when i.source is null then 'no row of metering.identities points at it'
                 when r.id is null then 'its record rec_' || i.record || ' is missing'
                 when r.digest <> ${content} then 'its digest is not that of what it says'
                 when r.id <> i.record then 'it is version ' || r.version || ', and the identity stands at version '
                      || i.version || ', rec_' || i.record
                 else 'the identity says another period, version, digest, finality or name than its record, or a time at which nobody measured it' end as wrong
       from metering.records r
       full join metering.identities i on i.source = r.source and i.external_id = r.external_id
      where i.source is null or r.id is null or r.digest <> ${content}
         or case when r.id = i.record
                 then r.period <> i.period or r.version <> i.version or r.final <> i.final
                      or r.digest <> i.digest or r.dimensions ->> 'job_id' is distinct from i.called
                      or ${saysAnotherTime} or ${saysLaterParts}
                 else r.version >= i.version end
      order by r.id`,
    `select 'metering.identities' as "table", 'of ' || i.external_id || ' of ' || i.source as row,
            (i.record >> 20)::text as operation,
            'it stands at version ' || i.version || ' of rec_' || i.record || ', and the versions here are '
            || coalesce(string_agg(r.version || ' (rec_' || r.id || ')', ', ' order by r.version), 'none') as wrong
       from metering.identities i
       left join metering.records r on r.source = i.source and r.external_id = i.external_id
      where i.version > 1
      group by i.source, i.external_id, i.version, i.record
     having count(r.id) <> i.version or min(r.version) <> 1 or max(r.version) <> i.version
         or count(distinct r.version) <> i.version or count(*) filter (where r.id = i.record) <> 1
      order by i.source, i.external_id`,
  ],
}

/** What `metering` puts into the seal for what a source said in its own words. */
const rawDigest = `substring(sha256(convert_to(encode(r.raw_salt, 'hex') || r.raw, 'UTF8')) for 16)`

const raw: Inquiry = {
  name: 'what sources said is as they said it, or was erased by an operation',
  looked: `
    select count(raw) || ' kept, ' || count(erased_by) || ' erased' as looked from metering.records`,
  wrongs: [
    `select 'metering.records' as "table", 'rec_' || r.id as row, r.operation::text as operation,
            case when r.raw is null then 'what its source said was removed, and no operation erased it'
                 else 'what its source said was changed' end as wrong
       from metering.records r
      where case when r.raw is null
                 then r.raw_salt is not null
                      or not exists (select from metering.erasures e
                                      where e.operation = r.erased_by and e.person = r.person)
                 else r.erased_by is not null or (r.raw_digest = ${rawDigest}) is not true end
      order by r.id`,
    `select 'metering.erasures' as "table", 'era_' || e.id as row, e.operation::text as operation,
            'it says that ' || e.records || ' records and ' || e.quarantined || ' quarantined rows were erased, and '
            || coalesce(r.count, 0) || ' and ' || coalesce(q.count, 0) || ' are' as wrong
       from (select *, sum(quarantined) over (partition by operation) as quarantined_in_all from metering.erasures) as e
       left join (select erased_by, person, count(*) from metering.records group by erased_by, person) r
         on r.erased_by = e.operation and r.person = e.person
       left join (select erased_by, count(*) from metering.quarantine group by erased_by) q on q.erased_by = e.operation
      where e.records <> coalesce(r.count, 0) or e.quarantined_in_all <> coalesce(q.count, 0)
      order by e.id`,
  ],
}

/** What a quarantined row says, as `metering` digests it: json gives back the bytes that it was given. */
const told = `q.door || chr(10) || q.raw || chr(10) || (q.settings::json -> 'settings')::text`

const quarantine: Inquiry = {
  name: 'quarantined rows are as they came',
  looked: `
    select count(*) filter (where state = 'waiting') || ' wait, ' || count(*) filter (where state = 'replayed')
           || ' were replayed, ' || count(*) filter (where state = 'dismissed') || ' dismissed, '
           || count(erased_by) || ' erased' as looked
      from metering.quarantine`,
  wrongs: [
    `select 'metering.quarantine' as "table", 'qua_' || q.id as row, q.operation::text as operation,
            case when q.raw is null then 'it was emptied, and no operation erased it'
                 when q.digest <> sha256(convert_to(${told}, 'UTF8')) then 'it was changed'
                 when not exists (select from operations.operations o where o.id = q.operation)
                   then 'its operation does not exist'
                 else 'it is ' || q.state || ', replayed by ' || coalesce('op_' || q.replayed_by, 'no operation')
                      || ', dismissed by ' || coalesce('op_' || d.operation, 'no operation') end as wrong
       from metering.quarantine q
       left join metering.dismissals d on d.quarantined = q.id
      where q.digest <> sha256(convert_to(${told}, 'UTF8'))
         or not exists (select from operations.operations o where o.id = q.operation)
         or (q.raw is null) <> (q.erased_by is not null)
         or q.state = 'erased' and q.erased_by is null
         or q.erased_by is not null and not exists (select from metering.erasures e where e.operation = q.erased_by)
         or (q.state = 'replayed') <> (q.replayed_by is not null)
         or q.replayed_by is not null
            and not exists (select from operations.operations o where o.id = q.replayed_by)
         or (q.state = 'dismissed') <> (d.id is not null)
      order by q.id`,
    `select 'metering.dismissals' as "table", 'dismissal of qua_' || d.quarantined as row, d.operation::text as operation,
            'it dismisses a row that is not there' as wrong
       from metering.dismissals d
      where not exists (select from metering.quarantine q where q.id = d.quarantined)
      order by d.id`,
    // The answer of an operation bears its mark, and counts what it quarantined and took out again.
    `select 'metering.quarantine' as "table", 'rows' as row,
            coalesce(o.id, q.operation)::text as operation,
            'it says that ' || coalesce(o.quarantined, 0) || ' rows were quarantined and ' || coalesce(o.replayed, 0)
            || ' replayed, and ' || coalesce(q.quarantined, 0) || ' and ' || coalesce(q.replayed, 0) || ' are' as wrong
       from (select id, coalesce(substring(answer from '"quarantined":(\\d{1,9})')::bigint, 0) as quarantined,
                    coalesce(substring(answer from '"replayed":(\\d{1,9})')::bigint, 0) as replayed
               from operations.operations where command = 'charging.chargePage') as o
       full join (select operation, sum(quarantined) as quarantined, sum(replayed) as replayed
                    from (select operation, 1 as quarantined, 0 as replayed from metering.quarantine
                           union all
                          select replayed_by, 0, 1 from metering.quarantine where replayed_by is not null) as row
                   group by operation) as q on q.operation = o.id
      where coalesce(o.quarantined, 0) <> coalesce(q.quarantined, 0)
         or coalesce(o.replayed, 0) <> coalesce(q.replayed, 0)
      order by coalesce(o.id, q.operation)`,
  ],
}

/** Facts: what was used, each thing once. */
export const recordInquiries: readonly Inquiry[] = [standing, raw, quarantine]
