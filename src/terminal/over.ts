import { Refusal } from '../values/refusal.ts'

type Asked = { readonly method: string; readonly path: string; readonly body?: object; readonly key?: string }
type Answer = { readonly status: number; readonly body: { readonly [member: string]: unknown } }

/**
 * Asks another Bursar over HTTP. What leads elsewhere, or is no JSON, comes from something in between: taken for an answer,
 * it would say that something was done of which Bursar never heard.
 *
 * @param again how to ask for the same again, where nobody knows whether it was done
 */
export async function askOver(url: string, secret: string, asked: Asked, again?: string): Promise<Answer> {
  const remedy = (text: string) => (again === undefined ? text : `${text} ${again}`)
  let answer: Response
  let text: string
  try {
    answer = await fetch(`${url.replace(/\/+$/, '')}${asked.path}`, sentOf(secret, asked))
    text = await answer.text()
  } catch (error) {
    throw new Refusal(`no Bursar answers at ${url}: ${causeOf(error as Error)}`, remedy('See that it runs there.'))
  }
  const { status } = answer
  if (status >= 300 && status < 400) {
    const place = answer.headers.get('location') ?? 'nowhere'
    throw new Refusal(
      `${url} leads on to ${place}`,
      'Set BURSAR_URL to the address at which Bursar itself answers. Nothing was changed.',
    )
  }
  const body = status === 204 ? {} : membersOf(text)
  if (body) return { status, body }
  throw new Refusal(
    `no Bursar answers at ${url}: the answer is ${status}, and no JSON of Bursar`,
    remedy('See that it runs there, and that BURSAR_URL leads to it.'),
  )
}

function sentOf(secret: string, { method, body, key }: Asked): RequestInit {
  const headers = {
    authorization: `Bearer ${secret}`,
    ...(body && { 'content-type': 'application/json' }),
    ...(key !== undefined && { 'idempotency-key': key }),
  }
  return { method, headers, redirect: 'manual', ...(body && { body: JSON.stringify(body) }) }
}

function membersOf(text: string): Answer['body'] | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Answer['body']) : undefined
  } catch {
    return undefined
  }
}

function causeOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message
}
