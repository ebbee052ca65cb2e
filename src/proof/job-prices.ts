import type { Inquiry } from './inquiry.ts'

const dated = `
  select 'jobs.prices' as "table", id, operation, book, valid_from from jobs.prices
   union all
  select 'jobs.discounts', id, operation, book, valid_from from jobs.discounts`

const book: Inquiry = {
  name: 'the prices of jobs have the revision of their last change',
  looked: `select 'revision ' || max(revision) as looked from jobs.price_book`,
  wrongs: [
    `select 'jobs.price_book' as "table", 'revision' as row, null as operation,
            'it is ' || coalesce(string_agg(b.revision::text, ' and '), 'missing') || ', and the changes reach '
            || max(reached.book) as wrong
       from (select greatest((select max(book) from jobs.prices), (select max(book) from jobs.discounts),
                             (select max(book) from jobs.ends), (select max(book) from jobs.subtypes)) as book) reached
       left join jobs.price_book b on true
     having count(b.revision) <> 1 or max(b.revision) <> max(reached.book)`,
  ],
}

const prices: Inquiry = {
  name: 'prices of jobs are for subtypes that there are, and end as an operation said',
  looked: `
    select (select count(*) from jobs.prices) || ' prices, ' || (select count(*) from jobs.discounts)
           || ' discounts, ' || (select count(*) from jobs.ends) || ' other ends' as looked`,
  wrongs: [
    `select 'jobs.subtypes' as "table", min(p.subtype) as row, min(p.operation)::text as operation,
            'it is missing, and ' || count(*) || ' prices are for it' as wrong
       from jobs.prices p
      where not exists (select from jobs.subtypes s where s.name = p.subtype)
      group by p.subtype
      order by p.subtype`,
    `select 'jobs.ends' as "table", e.id::text as row, e.operation::text as operation,
            case when d.id is null then 'it ends ' || e.ended || ', which is no price or discount'
                 else 'it ends ' || d."table" || ' ' || d.id || ' before it begins' end as wrong
       from jobs.ends e
       left join (${dated}) d on d.id = e.ended
      where d.id is null or e.valid_to < d.valid_from
      order by e.id`,
  ],
}

/** What jobs cost, and how long. */
export const jobPriceInquiries: readonly Inquiry[] = [book, prices]
