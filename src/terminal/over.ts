import { Refusal } from '../values/refusal.ts'
import { durationText } from './number.ts'

type Asked = { readonly method: string; readonly path: string; readonly body?: object; readonly key?: string }
type Answer = { readonly status: number; readonly body: { readonly [member: string]: unknown } }

/** Approving prices charges all that waited for them; what takes longer still is done all the same. */
const patience = 5 * 60_000

/**
 * Asks another Bursar over HTTP. What leads elsewhere, or is no JSON, comes from something in between: taken for an answer,
 * it would say that something was done of which Bursar never heard.
 *
 * @param again how to ask for the same again, where nobody knows whether it was done
 */
export async function askOver(
  url: string,
  secret: string,
  asked: Asked,
  again = asked.method === 'GET' ? undefined : unsure,
  within = patience,
): Promise<Answer> {
  const remedy = (text: string) => (again === undefined ? text : `${text} ${again}`)
  let answer: Response
  let text: string
  try {
    const signal = AbortSignal.timeout(within)
    answer = await fetch(`${url.replace(/\/+$/, '')}${asked.path}`, { ...sentOf(secret, asked), signal })
    text = await answer.text()
  } catch (error) {
    if (isTimeout(error as Error))
      throw new Refusal(
        `no answer came from ${url} within ${durationText(within)}`,
        remedy('See that Bursar runs there; what it was asked may be under way still.'),
      )
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

const unsure = 'It may have been done: look whether it was before you ask again.'

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

/** Of this clock, or of the one in `fetch` that waits for the beginning of an answer as long. */
const isTimeout = ({ name, cause }: Error): boolean =>
  name === 'TimeoutError' ||
  ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'].includes((cause as NodeJS.ErrnoException | undefined)?.code ?? '')

function causeOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message
}
