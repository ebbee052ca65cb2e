import type { Inquiry } from './inquiry.ts'

const uses: Inquiry = {
  name: 'prices that were used are marked, and stay',
  looked: `
    select (select count(*) from pricing.versions) || ' versions, ' || (select count(*) from pricing.uses)
           || ' in use' as looked`,
  wrongs: [
    `select 'pricing.uses' as "table", 'prc_' || line.price as row, line.operation::text as operation,
            case when v.id is null then 'charges were made with it, and it does not exist'
                 else 'charges were made with it, and it is not marked as used' end as wrong
       from (select price, min(operation) as operation from charging.charges group by price
              union
             select price, min(operation) from charging.true_ups group by price
              union
             select part.words[1]::bigint, min(s.operation)
               from charging.settlements s
              cross join lateral regexp_matches(s.lines, '"price":"prc_(\\d{1,18})"', 'g') as part (words)
              group by 1) as line
       left join pricing.versions v on v.id = line.price and v.kind = 'price'
       left join pricing.uses u on u.version = line.price
      where v.id is null or u.version is null
      order by line.price`,
    `select 'pricing.uses' as "table", 'prc_' || u.version as row, u.operation::text as operation,
            'the operation that used it first priced nothing' as wrong
       from pricing.uses u
       left join operations.operations o on o.id = u.operation
      where o.id is null or o.digests !~ '"charging\\.(charges|states|true_ups|settlements)"'
      order by u.version`,
  ],
}

const book: Inquiry = {
  name: 'the price book has one version for each key, beginning and revision',
  looked: `select 'revision ' || revision as looked from pricing.book`,
  wrongs: [
    `select 'pricing.book' as "table", 'revision' as row, max(v.operation)::text as operation,
            'it is ' || b.revision || ', and the versions reach ' || coalesce(max(v.book), 0) as wrong
       from pricing.book b left join pricing.versions v on true
      group by b.revision
     having b.revision <> coalesce(max(v.book), 0)`,
    `select 'pricing.versions' as "table", 'prc_' || max(id) as row, max(operation)::text as operation,
            count(*) || ' versions of one key begin at ' || valid_from || ', with revisions up to ' || max(revision)
            as wrong
       from pricing.versions
      group by kind, service, subtype, component, scope_kind, scope, valid_from
     having count(*) <> max(revision) or count(distinct revision) <> count(*)`,
  ],
}

export const priceInquiries: readonly Inquiry[] = [uses, book]
