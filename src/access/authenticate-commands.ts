import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { noting } from '../database/transaction.ts'
import type { Guard } from '../http/guard.ts'
import type { Figure } from '../http/metrics.ts'
import type { Principal } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { partiesRevision } from '../parties/commands.ts'
import { personKnownAs, reachOf } from '../parties/people-commands.ts'
import { partyChanges } from '../parties/watch-commands.ts'
import { idOf } from '../values/id.ts'
import { type Credentials, credentialsOf } from './credentials.ts'
import { digestOf } from './key.ts'
import { lockoutFigures } from './lockout.ts'
import { allows, roleOf } from './roles.ts'
import { partiesOf, partyUuid } from './scope.ts'
import * as sql from './sql.ts'
import { Throttle } from './throttle.ts'
import type { TokenReader } from './token-commands.ts'

/** Somebody who proved who they are, until when that holds, and the key that they proved it with. */
type Known = { readonly principal: Principal; readonly until: number; readonly key: string | null }

/** What failed, and from which address. */
type Tried = { readonly what: string; readonly from: string }

/** Whoever sent this header since the revision was read last. */
type Lately = { readonly header: string; readonly known: Known }

/** A revocation in another process is heard of within this. */
const freshFor = 1_000
/** When a key was last used is written down once a minute. */
const usesNotedEvery = 60_000
/** Also where nothing was revoked: projects that usage brings count no revision up. */
const knownFor = 60_000
const knownMax = 10_000
const noDigest = Buffer.alloc(32)
/** Where the public part of a key stands in `Bearer bsr_…`. */
const prefixBegins = 11
const prefixEnds = 19

/** Knows who asks, by key or token. Whoever was asked about a moment ago is known from memory, by a digest. */
export class Doorkeeper implements Guard {
  readonly allows = allows
  readonly #house: House
  readonly #tokens: TokenReader | undefined
  readonly #now: () => number
  readonly #throttle = new Throttle(5)
  /** Of all that fails from one address: ever new keys are guesses, too. */
  readonly #addresses = new Throttle(20)
  readonly #known = new Map<string, Known>()
  /** By the part of a key that is no secret. Emptied with every look at the revision, so that no secret stays here. */
  readonly #lately = new Map<string, Lately>()
  readonly #passes = new Map<string, Principal>()
  readonly #uses = new Map<string, number>()
  #revision = ''
  #freshUntil = 0
  #forgotten = 0
  #partyChanges = 0
  #refreshing: Promise<void> | undefined
  #usesNotedAt: number

  constructor(house: House, tokens: TokenReader | undefined, now: () => number = Date.now) {
    this.#house = house
    this.#tokens = tokens
    this.#now = now
    this.#usesNotedAt = now()
  }

  authenticate(request: FastifyRequest): Principal | Promise<Principal> {
    const { authorization } = request.headers
    const passing = this.#passing(authorization)
    if (passing) return passing
    const now = this.#now()
    const lately = authorization === undefined ? undefined : this.#latelyBy(authorization, now)
    if (lately) return lately
    const credentials = credentialsOf(authorization)
    if (credentials.kind === 'none') throw new Problem('principal-required')
    // What fails from one address must not be held against others there: a gateway is one address for thousands.
    const tried = { what: credentials.kind === 'key' ? credentials.prefix : credentials.kind, from: request.ip }
    if (credentials.kind === 'bad') return this.#prove(credentials, '', tried)
    const digest = digestOf(credentials.text)
    if (!this.#isFresh(now)) return this.#refresh().then(() => this.#find(credentials, digest, tried))
    const found = this.#find(credentials, digest, tried)
    const known = this.#known.get(digest)
    if (known && credentials.kind === 'key')
      this.#lately.set(credentials.prefix, { header: authorization ?? '', known })
    return found
  }

  /** A client may send a token of its own house, wherever it asks. */
  ignores(authorization: string): boolean {
    return this.#tokens === undefined && credentialsOf(authorization).kind === 'token'
  }

  /** The same without a digest, which costs more than all else that a guard does for a key that it knows. */
  #latelyBy(header: string, now: number): Principal | undefined {
    const lately = this.#isFresh(now) ? this.#lately.get(header.slice(prefixBegins, prefixEnds)) : undefined
    if (!lately || now >= lately.known.until || !isSameText(lately.header, header)) return undefined
    if (lately.known.key !== null) this.#uses.set(lately.known.key, now)
    return lately.known.principal
  }

  /** For the metrics. */
  figures(): Figure[] {
    return lockoutFigures([this.#throttle, this.#addresses], this.#now)
  }

  /** Lets one request of this process in, in the name of somebody who is not here: what it answers is the header. */
  pass(principal: Principal): string {
    const header = `Pass ${randomBytes(32).toString('base64url')}`
    this.#passes.set(header, principal)
    return header
  }

  #passing(header: string | undefined): Principal | undefined {
    if (this.#passes.size === 0 || header === undefined) return undefined
    const principal = this.#passes.get(header)
    this.#passes.delete(header)
    return principal
  }

  /** In this process a revocation holds at once; it is told here because it was made here. */
  forget(): void {
    this.#forgotten += 1
    this.#freshUntil = 0
    this.#refreshing = undefined
  }

  /** Whom a key reaches depends on parties as well: their changes in this process hold at once, too. */
  #isFresh(now: number): boolean {
    const made = partyChanges(this.#house)
    if (made !== this.#partyChanges) {
      this.#partyChanges = made
      this.forget()
    }
    return now < this.#freshUntil
  }

  #find(credentials: Credentials, digest: string, tried: Tried): Principal | Promise<Principal> {
    const known = this.#known.get(digest)
    const now = this.#now()
    if (!known || now >= known.until) return this.#prove(credentials, digest, tried)
    if (known.key !== null) this.#uses.set(known.key, now)
    return known.principal
  }

  /** Looks first and counts after: else whoever knows the public part of a key could lock its owner out. */
  async #prove(credentials: Credentials, digest: string, tried: Tried): Promise<Principal> {
    const revision = this.#revision
    try {
      const known = await this.#knownBy(credentials, digest)
      if (this.#known.size >= knownMax) this.#known.clear()
      // Else what was read just before a revocation would outlive it.
      if (revision === this.#revision) this.#known.set(digest, known)
      if (known.key !== null) this.#uses.set(known.key, this.#now())
      return known.principal
    } catch (error) {
      if (!(error instanceof Problem) || error.type !== 'credentials-invalid') throw error
      const now = this.#now()
      const { what, from } = tried
      const wait = Math.max(this.#throttle.failed(`${what} ${from}`, now), this.#addresses.failed(from, now))
      throw wait > 0 ? new Problem('too-many-failures', { retryAfter: Math.ceil(wait / 1000) }) : error
    }
  }

  async #knownBy(credentials: Credentials, digest: string): Promise<Known> {
    if (credentials.kind === 'key') return this.#byKey(credentials.prefix, Buffer.from(digest, 'base64'))
    if (credentials.kind === 'token') return this.#byToken(credentials.text)
    throw new Problem('credentials-invalid', credentials.kind === 'bad' ? { detail: credentials.why } : {})
  }

  /** A key that nobody made takes the same way as one with a wrong secret: look up, compare, refuse. */
  async #byKey(prefix: string, digest: Buffer): Promise<Known> {
    const reader = this.#house.database.pool
    const key = await sql.keyByPrefix(reader, prefix)
    const holds = timingSafeEqual(key?.digest ?? noDigest, digest)
    if (!key || !holds) throw refusal('is not known')
    if (key.revoked_at) throw refusal('was revoked')
    const now = this.#now()
    const until = key.expires_at?.getTime() ?? Number.POSITIVE_INFINITY
    if (now >= until) throw refusal('has expired')
    const named = partiesOf(key.parties)
    const parties =
      named === 'all'
        ? named
        : await reachOf(
            reader,
            named.map((id) => partyUuid(id) as string),
          )
    const principal = { name: key.principal, role: key.role, parties }
    return { principal, until: Math.min(until, now + knownFor), key: key.id }
  }

  async #byToken(token: string): Promise<Known> {
    if (!this.#tokens) throw new Problem('credentials-invalid', { detail: 'Tokens are not taken here: send a key.' })
    const { issuer, subject, role: told, email, expiresAt } = await this.#tokens(token)
    const person = await personKnownAs(this.#house, { source: `jwt:${issuer}`, name: subject, email })
    const role = roleOf(told)
    const seesAll = role === 'admin' || role === 'supervisor' || role === 'finance'
    const parties = seesAll ? 'all' : await reachOf(this.#house.database.pool, [person])
    const until = Math.min(expiresAt, this.#now() + knownFor)
    return { principal: { name: idOf('person', person), role, parties }, until, key: null }
  }

  /** Asked once for all who wait. What changed makes everybody prove themselves anew. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#readRevision().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  async #readRevision(): Promise<void> {
    const now = this.#now()
    const forgotten = this.#forgotten
    const reader = this.#house.database.pool
    const [own, parties] = await Promise.all([sql.revision(reader), partiesRevision(reader)])
    const revision = `${own?.number} ${parties}`
    if (revision !== this.#revision) this.#known.clear()
    this.#lately.clear()
    this.#revision = revision
    // What was read before something changed here is not fresh.
    if (forgotten === this.#forgotten) this.#freshUntil = now + freshFor
    if (now - this.#usesNotedAt >= usesNotedEvery) void this.noteUses().catch(() => {})
  }

  /** A note for people that is not worth failing a request for. */
  async noteUses(): Promise<void> {
    this.#usesNotedAt = this.#now()
    const uses = [...this.#uses]
    this.#uses.clear()
    if (uses.length === 0) return
    const keys = uses.map(([key]) => key)
    const times = uses.map(([, at]) => new Date(at))
    await noting(this.#house.database, (client) => sql.noteUses(client, keys, times))
  }
}

/** However much of it is right, a guess takes the same time. */
function isSameText(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  let different = 0
  for (let place = 0; place < one.length; place += 1) different |= one.charCodeAt(place) ^ other.charCodeAt(place)
  return different === 0
}

const refusal = (why: string) => new Problem('credentials-invalid', { detail: `The key ${why}.` })
