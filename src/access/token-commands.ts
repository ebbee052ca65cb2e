import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose'
import { Problem } from '../http/problem.ts'

/** Whose tokens are taken: pinned by the operator, whatever a token says of itself. */
export type TokenSettings = {
  readonly issuer: string
  readonly audience: string
  /** One of the two. */
  readonly secret: string | undefined
  readonly jwksUrl: string | undefined
}

export type TokenReader = (token: string) => Promise<Claims>

export type Claims = {
  readonly issuer: string
  readonly subject: string
  readonly role: unknown
  readonly email: string | null
  /** Milliseconds. */
  readonly expiresAt: number
}

/** A secret signs with HS256 only, published keys never do: else a public key would pass for a secret. */
const bySecret = ['HS256']
const byPublishedKeys = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
/** Clocks of two machines differ. */
const leewaySeconds = 30

/** Reads tokens; what is wrong with one is told as a Problem `credentials-invalid`. */
export function tokenReader({ issuer, audience, secret, jwksUrl }: TokenSettings, now = Date.now): TokenReader {
  const options = (): JWTVerifyOptions => ({
    issuer,
    audience,
    algorithms: secret === undefined ? byPublishedKeys : bySecret,
    clockTolerance: leewaySeconds,
    requiredClaims: ['exp', 'sub'],
    currentDate: new Date(now()),
  })
  const bytes = new TextEncoder().encode(secret)
  const published = jwksUrl === undefined ? undefined : publishedAt(new URL(jwksUrl), now)
  return async (token) => {
    try {
      const { payload } = published
        ? await verifyByPublished(token, told(published), options())
        : await jwtVerify(token, bytes, options())
      return claimsOf(payload, issuer, now())
    } catch (error) {
      throw asProblem(error)
    }
  }
}

/** Once there are keys, those of a token that names another are asked for every half a minute; else at most so often. */
const askedEveryMs = 1_000
/** Published keys are some kilobytes. */
const mostBytes = 1024 * 1024

/** Anybody can make up tokens: while the address fails, each of them would make a request of its own there. */
function publishedAt(url: URL, now: () => number): JWTVerifyGetKey {
  let askedAt = Number.NEGATIVE_INFINITY
  return createRemoteJWKSet(url, {
    timeoutDuration: 5_000,
    [customFetch]: async (address, options) => {
      if (now() < askedAt + askedEveryMs) throw new Error('the keys were asked for a moment ago')
      askedAt = now()
      return await bounded(await fetch(address, options))
    },
  })
}

/** An answer without end would fill the memory before its time is over. */
async function bounded({ body, status }: Response): Promise<Response> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body ?? []) {
    bytes += piece.byteLength
    if (bytes > mostBytes) throw new Error('the answer at the address of keys is longer than 1 MiB')
    pieces.push(piece)
  }
  return new Response(Buffer.concat(pieces), { status })
}

/** Whether the keys could not be had, or the token is not signed with any of them, are two things. */
const told =
  (published: JWTVerifyGetKey): JWTVerifyGetKey =>
  async (header, token) => {
    try {
      return await published(header, token)
    } catch (error) {
      if (ofToken.some((kind) => error instanceof kind)) throw error
      throw new Problem('token-keys-unavailable', {}, error)
    }
  }

const ofToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported, errors.JWSInvalid]

/** A token that does not say which key it was signed with is tried with each that fits. */
async function verifyByPublished(token: string, published: JWTVerifyGetKey, options: JWTVerifyOptions) {
  try {
    return await jwtVerify(token, published, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options)
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

function claimsOf(payload: JWTPayload, issuer: string, now: number): Claims {
  const { iat, exp = 0, role, type, email } = payload
  const sub: unknown = payload.sub
  if (iat !== undefined && iat > now / 1000 + leewaySeconds) throw refusal('it was issued in the future')
  // Where one secret signs both, the token that only asks for new ones opens nothing.
  if (type !== undefined && type !== 'access') throw refusal('its type is not access')
  if (typeof sub !== 'string' || sub === '' || sub.length > 200 || sub.includes('\0') || !sub.isWellFormed())
    throw refusal('its subject must be a text of 1 to 200 characters')
  const address = typeof email === 'string' && email.length <= 200 && !email.includes('\0') ? email : null
  return { issuer, subject: sub, role, email: address, expiresAt: (exp + leewaySeconds) * 1000 }
}

const refusal = (why: string, cause?: unknown) =>
  new Problem('credentials-invalid', { detail: `The token is not taken: ${why}.` }, cause)

function asProblem(error: unknown): unknown {
  if (error instanceof Problem) return error
  if (error instanceof errors.JWTExpired) return refusal('it has expired', error)
  if (error instanceof errors.JWTClaimValidationFailed) return refusal(claimWords(error), error)
  if (error instanceof errors.JOSEAlgNotAllowed) return refusal('its algorithm is not allowed here', error)
  if (error instanceof errors.JOSEError) return refusal('its signature does not hold', error)
  // A key that cannot be used with the algorithm that the token names.
  if (error instanceof TypeError) return refusal('its signature does not hold', error)
  return error
}

function claimWords({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (claim === 'nbf' && reason === 'check_failed') return 'it is not valid yet'
  if (reason === 'missing') return `it has no ${claim}`
  if (claim === 'iss') return 'another issuer gave it out'
  return claim === 'aud' ? 'it is meant for another audience' : `its ${claim} cannot be read`
}
