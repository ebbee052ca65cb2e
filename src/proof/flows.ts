import { flowsTold } from '../credits/flow.ts'
import type { Inquiry } from './inquiry.ts'

const told = flowsTold.map(({ side, reason }) => `('${side}', '${reason}')`).join(', ')

/** What statements tell of wallets. */
export const flowInquiries: readonly Inquiry[] = [
  {
    name: 'statements of wallets add up to what they have',
    looked: `select count(*) || ' wallets' as looked from ledger.accounts where kind = 'wallet'`,
    wrongs: [
      `select 'ledger.accounts' as "table", 'acc_' || a.id as row, a.operation::text as operation,
              'it has ' || a.posted || ', and its statement tells of ' || coalesce(e.told, 0) as wrong
         from ledger.accounts a
         left join (select account, sum(case side when 'credit' then amount else -amount end) as told
                      from ledger.entries where (side, reason) in (${told}) group by account) as e on e.account = a.id
        where a.kind = 'wallet' and a.posted <> coalesce(e.told, 0)
        order by a.id`,
    ],
  },
]
