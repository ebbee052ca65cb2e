import type { Metrics } from '../http/metrics.ts'
import type { Recorded } from './usage-commands.ts'

/** A metric keeps a line for each label for ever, and sources are named from outside: beyond so many they are one. */
const sourcesMax = 100

/** Counts what comes through the doors of this process, by source and what became of it, and what it came to. */
export function usageCounts(metrics: Pick<Metrics, 'counter'>): (recorded: Recorded) => void {
  const records = metrics.counter({
    name: 'bursar_usage_records_total',
    help: 'Usage records that came over HTTP, by source and by what became of them.',
    labels: ['source', 'outcome'],
  })
  const charged = metrics.counter({
    name: 'bursar_usage_charged_total',
    help: 'What usage that came over HTTP was charged, by currency.',
    labels: ['currency'],
  })
  const sources = new Set<string>()
  return ({ items, charged: amounts }) => {
    for (const [name, alike] of Map.groupBy(items, (item) => `${item.outcome} ${item.source}`)) {
      const [outcome = '', ...rest] = name.split(' ')
      const source = rest.join(' ')
      if (sources.size < sourcesMax) sources.add(source)
      records({ source: sources.has(source) ? source : 'others', outcome }, alike.length)
    }
    for (const [currency, amount] of Object.entries(amounts)) {
      if (Number(amount) > 0) charged({ currency }, Number(amount))
    }
  }
}
