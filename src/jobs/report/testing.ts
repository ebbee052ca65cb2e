import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { openJobDoors } from '../testing.ts'

type After = Parameters<typeof openJobDoors>[0]
type Fields = { readonly [field: string]: unknown }
export type Report = {
  readonly items: readonly Fields[]
  readonly meta: {
    readonly page: number
    readonly page_size: number
    readonly total_pages: number
    total_items: number
  }
  readonly links: Readonly<Record<'self' | 'prev' | 'next' | 'first' | 'last', string | null>>
}

/** A virtual lab with two projects that have credits, and prices for the three types of jobs. */
export async function openReports(t: After) {
  const doors = await openJobDoors(t)
  const done = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const { status, text, body: said } = await doors.ask(method, path, body)
    assert.ok(status < 300, `${method} ${path}: ${status} ${text}`)
    return (said as { data: unknown }).data
  }
  const [lab, project, other] = [randomUUID(), randomUUID(), randomUUID()]
  const user = randomUUID()
  const at = Math.floor(Date.now() / 1000) - 86_400
  await done('POST', '/account/system', { id: randomUUID(), name: 'System' })
  await done('POST', '/account/virtual-lab', { id: lab, name: 'Lab', balance: 10_000 })
  for (const id of [project, other]) {
    await done('POST', '/account/project', { id, name: `Project ${id}`, vlab_id: lab })
    await done('POST', '/budget/assign', { vlab_id: lab, proj_id: id, amount: 1000 })
  }
  const price = (service_type: string, service_subtype: string, tiers: readonly object[]) =>
    done('POST', '/price', {
      service_type,
      service_subtype,
      valid_from: '2020-01-01T00:00:00Z',
      valid_to: null,
      vlab_id: null,
      tiers,
    })
  await price('oneshot', 'ml-llm', [{ min_quantity: 0, fixed_cost: '0.5', multiplier: '0.01' }])
  await price('longrun', 'notebook', [
    { min_quantity: 0, max_quantity: 100, fixed_cost: '1.5', multiplier: '0.01' },
    { min_quantity: 100, fixed_cost: 0, multiplier: '0.001' },
  ])
  await price('storage', 'storage', [{ min_quantity: 0, fixed_cost: 0, multiplier: '0.000001' }])
  const made = async (path: string, body: Fields): Promise<string> =>
    ((await done('POST', path, { proj_id: project, user_id: user, ...body })) as { job_id: string }).job_id
  return {
    ...doors,
    lab,
    project,
    other,
    user,
    at,
    done,
    oneshot: (more: Fields = {}) =>
      made('/reservation/oneshot', { type: 'oneshot', subtype: 'ml-llm', count: 100, ...more }),
    longrun: (more: Fields = {}) =>
      made('/reservation/longrun', { type: 'longrun', subtype: 'notebook', duration: 300, instances: 1, ...more }),
    used: (job_id: string, count: number, timestamp: number, more: Fields = {}) =>
      done('POST', '/usage/oneshot', {
        type: 'oneshot',
        subtype: 'ml-llm',
        proj_id: project,
        job_id,
        count,
        timestamp,
        ...more,
      }),
    told: (job_id: string, status: string, timestamp: number, more: Fields = {}) =>
      done('POST', '/usage/longrun', {
        type: 'longrun',
        subtype: 'notebook',
        proj_id: project,
        job_id,
        status,
        timestamp,
        ...more,
      }),
    stored: (size: number, timestamp: number) =>
      done('POST', '/usage/storage', { type: 'storage', subtype: 'storage', proj_id: project, size, timestamp }),
    report: async (path: string) => (await done('GET', path)) as Report,
  }
}
