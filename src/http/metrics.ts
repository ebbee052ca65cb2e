import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** A figure that somebody else knows and is asked for when the metrics are read. */
export type Figure = {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  read(): Promise<readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[]>
}

export type Metrics = {
  observe(request: { method: string; route: string; status: number; seconds: number }): void
  text(): Promise<{ readonly type: string; readonly body: string }>
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
  const requests = new Counter({
    name: 'bursar_requests_total',
    help: 'HTTP requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'bursar_request_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const gauges = figures.map((figure) => {
    const { name, help, labels = [] } = figure
    return { figure, gauge: new Gauge({ name, help, labelNames: labels, registers }) }
  })
  const ask = async ({ figure, gauge }: (typeof gauges)[number]) => {
    gauge.reset()
    try {
      for (const { labels, value } of await figure.read()) gauge.set(labels ?? {}, value)
    } catch (error) {
      onFailure(error)
    }
  }
  return {
    observe: ({ method, route, status, seconds: taken }) => {
      requests.inc({ method, route, status: String(status) })
      seconds.observe({ method, route }, taken)
    },
    text: async () => {
      await Promise.all(gauges.map(ask))
      return { type: registry.contentType, body: await registry.metrics() }
    },
  }
}
