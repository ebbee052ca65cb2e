import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Answered, RequestCounts } from './request-counts.ts'

type Labels = Readonly<Record<string, string>>

/** A figure that somebody else knows and is asked for when the metrics are read. */
export type Figure = {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** It only ever rises, until the program starts anew. */
  readonly counts?: true
  read(): Promise<readonly { readonly labels?: Labels; readonly value: number }[]>
}

type Named = { readonly name: string; readonly help: string; readonly labels?: readonly string[] }

export type Metrics = {
  observe(answered: Answered): void
  text(): Promise<{ readonly type: string; readonly body: string }>
  /** A count of this process that another module keeps: call what comes back. */
  counter(of: Named): (labels?: Labels, by?: number) => void
  /** A distribution that another module keeps, such as the time that a batch took. */
  histogram(of: Named & { readonly buckets: readonly number[] }): (value: number, labels?: Labels) => void
}

/** `onFailure` hears of a figure that could not be read: the others are shown all the same. */
export function openMetrics(version: string, figures: readonly Figure[], onFailure: (error: unknown) => void): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  new Gauge({ name: 'bursar_info', help: 'Which Bursar this is.', labelNames: ['version'], registers }).set(
    { version },
    1,
  )
  const gauges = figures.map((figure) => {
    const { name, help, labels = [], counts } = figure
    const named = { name, help, labelNames: labels, registers }
    return { figure, gauge: counts ? new Counter(named) : new Gauge(named) }
  })
  const ask = async ({ figure, gauge }: (typeof gauges)[number]) => {
    gauge.reset()
    try {
      for (const { labels, value } of await figure.read()) {
        if (gauge instanceof Gauge) gauge.set(labels ?? {}, value)
        else gauge.inc(labels ?? {}, value)
      }
    } catch (error) {
      onFailure(error)
    }
  }
  const requests = new RequestCounts()
  return {
    observe: (answered) => requests.observe(answered),
    text: async () => {
      await Promise.all(gauges.map(ask))
      return { type: registry.contentType, body: `${await registry.metrics()}\n${requests.text()}` }
    },
    counter: ({ labels = [], ...of }) => {
      const counter = new Counter({ ...of, labelNames: labels, registers })
      return (values = {}, by = 1) => counter.inc(values, by)
    },
    histogram: ({ labels = [], buckets, ...of }) => {
      const histogram = new Histogram({ ...of, labelNames: labels, buckets: [...buckets], registers })
      return (value, values = {}) => histogram.observe(values, value)
    },
  }
}
