import type { Inquiry } from './inquiry.ts'

const unreached = `pg_snapshot_xmax(pg_current_snapshot())`

/**
 * A dump that was put back into a younger server: its operations bear numbers that this server has not come to, as their
 * marks prove, and so may the head, until the sealer has begun a new epoch. No other operation can bear such a number.
 */
const isRestored = `exists (select from operations.operations o join operations.epoch using (epoch)
                     where o.xid >= ${unreached})`

const sealer: Inquiry = {
  name: 'the sealer knows how far it came',
  looked: `
    select coalesce(max('watermark ' || h.watermark || ', epoch ' || e.epoch), 'nothing') as looked
      from audit.head h, operations.epoch e`,
  wrongs: [
    `select 'audit.head' as "table", 'watermark ' || h.watermark as row, null as operation,
            'it passes over operations that are not sealed, or points where no operation can be' as wrong
       from audit.head h, operations.operation_ids s
      where h.watermark not between 0 and s.last_value
         or h.next_watermark not between h.watermark and s.last_value
         or (h.next_watermark is null) <> (h.next_xid is null)
         or (h.next_xid >= ${unreached} and not ${isRestored})
         or exists (select from operations.operations o
                     where o.id <= h.watermark and not exists (select from audit.seals where operation = o.id))`,
    `select name as "table", 'the only row' as row, null as operation, count || ' rows instead of one' as wrong
       from (values ('audit.head', (select count(*) from audit.head)),
                    ('operations.epoch', (select count(*) from operations.epoch)),
                    ('pricing.book', (select count(*) from pricing.book))) as only_row (name, count)
      where count <> 1`,
    `select 'operations.epoch' as "table", 'epoch' as row, max(o.id)::text as operation,
            'it is ' || coalesce(e.epoch::text, 'missing') || ', and the newest operation is of ' || max(o.epoch)
            as wrong
       from operations.operations o
       left join operations.epoch e on true
      group by e.epoch
     having (e.epoch between max(o.epoch) and max(o.epoch) + 1) is not true`,
  ],
}

/** What the chain itself does not cover. */
export const historyInquiries: readonly Inquiry[] = [sealer]
