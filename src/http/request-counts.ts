export type Answered = {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly seconds: number
}

const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const requests = 'http_requests_total'
const durations = 'http_request_duration_seconds'

/** What was answered at one route by one method, in plain numbers: every request is counted, and the sums rarely asked for. */
class RouteCounts {
  readonly statuses = new Map<number, number>()
  /** How many took no longer than each bound, but longer than the one before it; the last: longer than all. */
  readonly within = new Float64Array(bounds.length + 1)
  seconds = 0

  add(status: number, seconds: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    let place = 0
    while (place < bounds.length && seconds > (bounds[place] as number)) place += 1
    this.within[place] = (this.within[place] as number) + 1
    this.seconds += seconds
  }

  answered(labels: string): string[] {
    return [...this.statuses].map(([status, count]) => `${requests}{${labels},status="${status}"} ${count}`)
  }

  took(labels: string): string[] {
    let count = 0
    const lines = Array.from(this.within, (more, place) => {
      count += more
      return `${durations}_bucket{le="${bounds[place] ?? '+Inf'}",${labels}} ${count}`
    })
    return [...lines, `${durations}_sum{${labels}} ${this.seconds}`, `${durations}_count{${labels}} ${count}`]
  }
}

/** Counts requests under the names that dashboards know, and tells them as Prometheus reads them. */
export class RequestCounts {
  readonly #routes = new Map<string, Map<string, RouteCounts>>()

  observe({ method, route, status, seconds }: Answered): void {
    let methods = this.#routes.get(route)
    if (!methods) this.#routes.set(route, (methods = new Map<string, RouteCounts>()))
    let counts = methods.get(method)
    if (!counts) methods.set(method, (counts = new RouteCounts()))
    counts.add(status, seconds)
  }

  text(): string {
    const all = [...this.#routes].flatMap(([route, methods]) =>
      // A route is a text of this program, a method one of a closed list: there is nothing to escape.
      [...methods].map(([method, counts]) => ({ labels: `method="${method}",endpoint="${route}"`, counts })),
    )
    return [
      `# HELP ${requests} HTTP requests answered.`,
      `# TYPE ${requests} counter`,
      ...all.flatMap(({ labels, counts }) => counts.answered(labels)),
      '',
      `# HELP ${durations} Time from the head of a request to the end of its answer.`,
      `# TYPE ${durations} histogram`,
      ...all.flatMap(({ labels, counts }) => counts.took(labels)),
      '',
    ].join('\n')
  }
}
