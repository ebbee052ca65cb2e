import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/** The first pauses double, all others are as long as this. */
const pauseMilliseconds = 2_000
/** Such an answer comes before anybody looks at the idempotency key: it does not say what became of an attempt before. */
const beforeTheKey = new Set([401, 403, 408, 429])

/**
 * What Bursar refused (RFC 9457): `type` says which kind, `body` all that it said, `key` what it was asked under.
 * `isUnsure` when the request may have been done all the same: with the same key it may be asked again.
 */
export class BursarProblem extends Error {
  constructor(status, body, key, isUnsure = false) {
    const detail = body.detail ?? body.issues?.map(({ field, message }) => `${field} ${message}`).join('; ')
    super(detail ? `${body.title} ${detail}` : (body.title ?? `Bursar answered ${status}`))
    this.name = 'BursarProblem'
    this.status = status
    this.type = String(body.type ?? '').replace(/^\/problems\//, '')
    this.body = body
    this.key = key
    this.isUnsure = isUnsure
  }
}

/** No answer came, however often it was asked: with the same key it may be asked again. */
export class BursarUnreachable extends Error {
  constructor(key, cause) {
    super(`Bursar did not answer; ask again with the key ${key}`, { cause })
    this.name = 'BursarUnreachable'
    this.key = key
  }
}

/** Of what is no problem of Bursar. */
function titleOf({ status, headers }, text) {
  const isLed = status >= 300 && status < 400
  return isLed ? `The address of Bursar leads on to ${headers.get('location')}: give that one.` : text.slice(0, 200)
}

/** What was asked for wants a second person: it is done when somebody approves it. `approval` is its id. */
export class BursarWaits extends Error {
  constructor(body) {
    super(`It waits for a second person: ${body.id}`)
    this.name = 'BursarWaits'
    this.approval = body.id
    this.body = body
  }
}

/**
 * Asks a Bursar. Whatever changes money goes under an idempotency key, the same at each attempt, so that asking again
 * after a lost connection or a 503 has no second effect. That goes on for some eight seconds, so that a restart of Bursar
 * is not seen; `attemptsMax` makes it more or less.
 */
export class Bursar {
  #url
  #key
  #attemptsMax
  #timeoutMilliseconds
  #fetch
  /** By reservation, while `withHold` has it: keys of settlings of which nobody has said yet whether they were made. */
  #unsure = new Map()

  constructor({ url, key, attemptsMax = 10, timeoutMilliseconds = 30_000, fetch = globalThis.fetch } = {}) {
    const given = { url: url ?? process.env.BURSAR_URL, key: key ?? process.env.BURSAR_KEY }
    if (!given.url || !given.key) throw new TypeError('Give url and key, or set BURSAR_URL and BURSAR_KEY.')
    this.#url = given.url.replace(/\/+$/, '')
    this.#key = given.key
    this.#attemptsMax = attemptsMax
    this.#timeoutMilliseconds = timeoutMilliseconds
    this.#fetch = fetch
  }

  /** One request, under one key, as often as it takes. Answers status and body; throws what was refused. */
  async ask(method, path, body, { key = randomUUID() } = {}) {
    const headers = { authorization: `Bearer ${this.#key}`, 'idempotency-key': key }
    if (body !== undefined) headers['content-type'] = 'application/json'
    // Whoever is led on asks another, and of a POST a GET is left.
    const sent = { method, headers, redirect: 'manual', ...(body !== undefined && { body: JSON.stringify(body) }) }
    let isUnsure = false
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt >= this.#attemptsMax
      let retryAfter = 0
      try {
        const signal = AbortSignal.timeout(this.#timeoutMilliseconds)
        const answer = await this.#fetch(`${this.#url}${path}`, { ...sent, signal })
        const text = await answer.text()
        const isJson = answer.headers.get('content-type')?.includes('json')
        // A page of something in between says nothing of what was asked for.
        if (answer.ok && !isJson && answer.status !== 204)
          throw new Error(`the answer is ${answer.status}, and no JSON of Bursar`)
        const value = isJson ? JSON.parse(text) : { title: titleOf(answer, text) }
        if (answer.ok) return { status: answer.status, body: value }
        isUnsure = answer.status >= 500 || (isUnsure && (answer.status < 400 || beforeTheKey.has(answer.status)))
        if (answer.status !== 503 || isLast) throw new BursarProblem(answer.status, value, key, isUnsure)
        retryAfter = Number(answer.headers.get('retry-after') ?? 0) * 1000
      } catch (error) {
        if (error instanceof BursarProblem) throw error
        isUnsure = true
        if (isLast) throw new BursarUnreachable(key, error)
      }
      const pause = Math.min(50 * 2 ** attempt, pauseMilliseconds)
      await sleep(Math.max(retryAfter, pause * (0.5 + Math.random() / 2)))
    }
  }

  async #money(method, path, body, options) {
    const answer = await this.ask(method, path, body, options)
    if (answer.status === 202) throw new BursarWaits(answer.body)
    return answer.body
  }

  /** Sets credits aside. */
  hold(request, options) {
    return this.#money('POST', '/api/v1/reservations', request, options)
  }

  /** Charges what was used: `'4.37'`, `{ amount }` or `{ usage }`. */
  async settle(reservation, used, { key = randomUUID() } = {}) {
    const body = typeof used === 'string' ? { amount: used } : used
    const unsure = this.#unsure.get(id(reservation))
    // Noted before it is sent: work that fails meanwhile does not know what became of it either.
    unsure?.add(key)
    try {
      const answer = await this.#money('POST', `/api/v1/reservations/${id(reservation)}/settle`, body, { key })
      unsure?.delete(key)
      return answer
    } catch (error) {
      if (error instanceof BursarProblem && !error.isUnsure) unsure?.delete(key)
      throw error
    }
  }

  grow(reservation, amount, options) {
    return this.#money('POST', `/api/v1/reservations/${id(reservation)}/grow`, { amount }, options)
  }

  extend(reservation, duration, options) {
    return this.#money('POST', `/api/v1/reservations/${id(reservation)}/extend`, duration, options)
  }

  release(reservation, options) {
    return this.#money('POST', `/api/v1/reservations/${id(reservation)}/release`, undefined, options)
  }

  /**
   * Holds while `work` runs. What it does not settle is released, also when it throws; but nothing is released where it
   * is not known what became of a settling: the work may have been charged, and can still be, under the key of that
   * settling, which the error names.
   */
  async withHold(request, work, options) {
    const held = await this.hold(request, options)
    const unsure = new Set()
    this.#unsure.set(id(held), unsure)
    let isEnded = false
    const settle = async (used, more) => {
      const answer = await this.settle(held, used, more)
      isEnded = answer.state !== 'held'
      return answer
    }
    try {
      return await work({ ...held, settle })
    } finally {
      this.#unsure.delete(id(held))
      // Whoever failed hears of that, and not of the release; what cannot be released runs out by itself.
      if (!isEnded && unsure.size === 0) await this.release(held).catch(() => {})
    }
  }

  grant(request, options) {
    return this.#money('POST', '/api/v1/grants', request, options)
  }

  move(request, options) {
    return this.#money('POST', '/api/v1/moves', request, options)
  }

  refund(request, options) {
    return this.#money('POST', '/api/v1/refunds', request, options)
  }

  async reservation(reservation) {
    return (await this.ask('GET', `/api/v1/reservations/${id(reservation)}`)).body
  }

  /** The wallets of one payer. */
  async wallets(payer) {
    return (await this.ask('GET', `/api/v1/wallets?payer=${encodeURIComponent(payer)}`)).body.items
  }
}

const id = (reservation) => encodeURIComponent(typeof reservation === 'string' ? reservation : reservation.id)
