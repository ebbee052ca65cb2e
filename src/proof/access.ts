import type { Inquiry } from './inquiry.ts'

const revocations: Inquiry = {
  name: 'keys are revoked once, and stay so',
  looked: `
    select (select count(*) from access.keys) || ' keys, ' || (select count(*) from access.revocations) || ' revoked'
           as looked`,
  wrongs: [
    `select 'access.revocations' as "table", 'of key_' || r.key as row, max(r.operation)::text as operation,
            case when count(k.id) = 0 then 'there is no such key' else 'it is revoked more than once' end as wrong
       from access.revocations r
       left join access.keys k on k.id = r.key
      group by r.key
     having count(*) > 1 or count(k.id) <> 1
      order by r.key`,
    `select 'access.keys' as "table", 'key_' || min(k.id) as row, min(k.operation)::text as operation,
            count(*) || ' keys begin with bsr_' || k.prefix as wrong
       from access.keys k
      group by k.prefix
     having count(*) > 1
      order by k.prefix`,
  ],
}

const decisions: Inquiry = {
  name: 'what took a second person was decided once, by another than who asked',
  looked: `
    select (select count(*) from access.approvals) || ' asked for, ' || (select count(*) from access.decisions)
           || ' decided' as looked`,
  wrongs: [
    `select 'access.decisions' as "table", 'of apr_' || d.approval as row, max(d.operation)::text as operation,
            case when count(a.id) = 0 then 'there is no such approval'
                 when count(*) > 1 then 'it is decided more than once'
                 else 'who asked for it has decided it' end as wrong
       from access.decisions d
       left join access.approvals a on a.id = d.approval
      group by d.approval
     having count(*) > 1 or count(a.id) <> 1 or bool_or(d.decided_by = a.proposed_by)
      order by d.approval`,
  ],
}

/** Who may come in, and who agreed: the rows themselves are sealed. */
export const accessInquiries: readonly Inquiry[] = [revocations, decisions]
