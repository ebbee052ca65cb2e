import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { RequestCounts } from './request-counts.ts'

test('requests are told as a counter by status and a histogram by route, each bucket with all that were faster', () => {
  const counts = new RequestCounts()
  const answered = (method: string, status: number, seconds: number) =>
    counts.observe({ method, route: '/api/v1/things/:thing', status, seconds })
  answered('GET', 200, 0.0004)
  answered('GET', 200, 0.001)
  answered('GET', 404, 0.25)
  answered('GET', 200, 60)
  answered('PUT', 412, 0.003)
  const lines = counts.text().split('\n')
  const of = (start: string) => lines.filter((line) => line.startsWith(start)).map((line) => line.split(' ').at(-1))
  const route = 'endpoint="/api/v1/things/:thing"'
  assert.deepEqual(
    lines.filter((line) => line.startsWith('http_requests_total')),
    [
      `http_requests_total{method="GET",${route},status="200"} 3`,
      `http_requests_total{method="GET",${route},status="404"} 1`,
      `http_requests_total{method="PUT",${route},status="412"} 1`,
    ],
  )
  const bucket = (le: string) => of(`http_request_duration_seconds_bucket{le="${le}",method="GET",${route}}`)
  assert.deepEqual(['0.001', '0.1', '0.25', '10', '+Inf'].map(bucket), [['2'], ['2'], ['3'], ['3'], ['4']])
  assert.deepEqual(of('http_request_duration_seconds_sum'), [String(0.0004 + 0.001 + 0.25 + 60), '0.003'])
  assert.deepEqual(of('http_request_duration_seconds_count'), ['4', '1'])
  assert.deepEqual(
    lines.filter((line) => line.startsWith('# TYPE')),
    ['# TYPE http_requests_total counter', '# TYPE http_request_duration_seconds histogram'],
  )
})
