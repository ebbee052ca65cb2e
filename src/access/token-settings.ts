import { WrongUsage } from '../values/refusal.ts'
import type { TokenSettings } from './token-commands.ts'

type Name = 'BURSAR_JWT_SECRET' | 'BURSAR_JWKS_URL' | 'BURSAR_JWT_ISSUER' | 'BURSAR_JWT_AUDIENCE'

/** Undefined: no tokens are taken. @throws WrongUsage that names the variable. */
export function tokenSettings(text: (name: Name) => string | undefined): TokenSettings | undefined {
  const [secret, jwksUrl] = [text('BURSAR_JWT_SECRET'), text('BURSAR_JWKS_URL')]
  const [issuer, audience] = [text('BURSAR_JWT_ISSUER'), text('BURSAR_JWT_AUDIENCE')]
  if (secret === undefined && jwksUrl === undefined) {
    if (issuer === undefined && audience === undefined) return undefined
    const name = issuer === undefined ? 'BURSAR_JWT_AUDIENCE' : 'BURSAR_JWT_ISSUER'
    throw new WrongUsage(
      `${name} is set, and nothing to check tokens with.`,
      'Set BURSAR_JWT_SECRET or BURSAR_JWKS_URL.',
    )
  }
  if (secret !== undefined && jwksUrl !== undefined)
    throw new WrongUsage('BURSAR_JWT_SECRET and BURSAR_JWKS_URL are both set.', 'Remove one of them.')
  if (secret !== undefined && Buffer.byteLength(secret) < 32)
    throw new WrongUsage('BURSAR_JWT_SECRET is too short.', 'Set 32 characters or more: openssl rand -hex 32')
  if (jwksUrl !== undefined) refuseAddress(jwksUrl)
  if (issuer === undefined || audience === undefined) {
    const name = issuer === undefined ? 'BURSAR_JWT_ISSUER' : 'BURSAR_JWT_AUDIENCE'
    throw new WrongUsage(`${name} is not set.`, 'Set it to the one whose tokens are to be taken.')
  }
  return { issuer, audience, secret, jwksUrl }
}

function refuseAddress(text: string): void {
  const address = URL.parse(text)
  // Nothing is fetched from such an address, and the password is not repeated.
  if (address && (address.username !== '' || address.password !== ''))
    throw new WrongUsage(
      'BURSAR_JWKS_URL has a user or a password in it.',
      'Set the address alone, without what stands before the @: keys that sign tokens are published for everybody.',
    )
  if (!address || !isSafe(address))
    throw new WrongUsage(
      `BURSAR_JWKS_URL is “${text}”: keys from there could be anybody's.`,
      'Set an address that begins with https://; http:// is taken for this machine only.',
    )
}

const isSafe = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname))
