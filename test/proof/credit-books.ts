import { strict as assert } from 'node:assert'
import type { Pool } from 'pg'
import { partyOf } from './auditor-steps.ts'
import type { NaiveCredits } from './naive-credits.ts'
import { text } from './naive-wallet.ts'

const instant = (column: string) => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const sum = (column: string) => `trim_scale(${column})::text`

/** What stands in Bursar's tables, a line for each thing. */
const stands = (since: string) => `
  select 'wallet ' || owner || ': ' || ${sum('posted')} || ' held ' || ${sum('held')} || ' overrun ' || ${sum('overrun')}
         || ' limit ' || ${sum('credit_limit')} || ' budgets ' || budgets || ' next ' || coalesce(${instant('next_expiry')}, '-')
         as line, owner::text as owner
    from ledger.accounts where kind = 'wallet'
   union all
  select 'lot ' || ${instant('l.expires_at')} || ' of ' || a.owner || ': ' || ${sum('l.posted')} || ' held ' || ${sum('l.held')},
         a.owner::text
    from credits.lots l join ledger.accounts a on a.id = l.wallet where l.posted > 0
   union all
  select 'hold ' || h.reservation || ' of ' || a.owner || ': ' || ${sum('h.held')} || ' charged ' || ${sum('h.charged')}
         || ' until ' || ${instant('h.until')}, a.owner::text
    from credits.holds h join ledger.accounts a on a.id = h.wallet
   union all
  select 'budget ' || w.span || ' ' || to_char(w.starts, 'YYYY-MM-DD') || ' of ' || a.owner || ': ' || ${sum('w.used')}
         || ' of ' || ${sum('w.amount')} || ' overrun ' || ${sum('w.overrun')}, a.owner::text
    from credits.budget_windows w join ledger.accounts a on a.id = w.wallet
   where w.used <> 0 and (w.span = 'total' or w.starts >= '${since}')`

function linesOf(naive: NaiveCredits, since: string): string[] {
  const lines: string[] = []
  const time = (at: number) => new Date(at).toISOString()
  for (const { owner, posted, limit, lots: all, budgets } of naive.wallets.values()) {
    const lots = all.filter(({ left }) => left > 0n)
    const next = lots.length === 0 ? '-' : time(Math.min(...lots.map(({ expires }) => expires)))
    lines.push(
      `wallet ${owner}: ${text(posted)} held ${text(naive.held(owner))} overrun ${text(naive.overrun(owner))} ` +
        `limit ${text(limit)} budgets ${budgets.size} next ${next}`,
    )
    for (const lot of lots)
      lines.push(`lot ${time(lot.expires)} of ${owner}: ${text(lot.left)} held ${text(naive.heldOf(lot))}`)
  }
  for (const { id, payer, held, charged, until } of naive.open)
    lines.push(`hold ${id} of ${payer}: ${text(held)} charged ${text(charged)} until ${time(until)}`)
  for (const { wallet, span, starts, used, amount } of naive.windows) {
    if (used === 0n || (span !== 'total' && starts < since)) continue
    const over = used > amount ? used - amount : 0n
    lines.push(`budget ${span} ${starts} of ${wallet.owner}: ${text(used)} of ${text(amount)} overrun ${text(over)}`)
  }
  return lines.sort()
}

const memory = 40 * 86_400_000

/** Every wallet, lot, hold and budget; days and months that are long over only when everything is asked for. */
export async function compareBooks(pool: Pool, naive: NaiveCredits, everything: boolean): Promise<void> {
  const since = everything ? '0001-01-01' : new Date(naive.now - memory).toISOString().slice(0, 10)
  const { rows } = await pool
    .query<{ line: string; owner: string }>(`set timezone to 'UTC'; ${stands(since)}`)
    .then((all) => (Array.isArray(all) ? (all[1] as typeof all) : all))
  const found = rows.map(({ line, owner }) => line.replace(owner, partyOf.get(owner) ?? owner)).sort()
  const due = linesOf(naive, since)
  const missing = due.filter((line) => !found.includes(line))
  const other = found.filter((line) => !due.includes(line))
  assert.deepEqual({ found: other, due: missing }, { found: [], due: [] })
}
