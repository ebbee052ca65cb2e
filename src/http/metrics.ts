import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

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
  observe(request: { method: string; route: string; status: number; seconds: number }): void
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
  return {
    observe: observer(registers),
    text: async () => {
      await Promise.all(gauges.map(ask))
      return { type: registry.contentType, body: await registry.metrics() }
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

/** Counts requests. Looking a counter up by its labels costs more than counting, so each is looked up once. */
function observer(registers: Registry[]): Metrics['observe'] {
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'HTTP requests answered.',
    labelNames: ['method', 'endpoint', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['method', 'endpoint'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const known = new Map<string, { count: Counter.Internal; time: Histogram.Internal<'method' | 'endpoint'> }>()
  return ({ method, route, status, seconds: taken }) => {
    const key = `${method} ${status} ${route}`
    let found = known.get(key)
    if (!found) {
      const labels = { method, endpoint: route }
      found = { count: requests.labels({ ...labels, status: String(status) }), time: seconds.labels(labels) }
      known.set(key, found)
    }
    found.count.inc()
    found.time.observe(taken)
  }
}
