import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { Refusal } from '../values/refusal.ts'

export type Address = { readonly host: string; readonly port: number }

/** For a browser: `http://127.0.0.1:8100`. */
export function urlOf(scheme: 'http' | 'https', { host, port }: Address): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `${scheme}://${isIP(shown) === 6 ? `[${shown}]` : shown}:${port}`
}

/** Addresses and networks, separated by commas: `10.0.0.7, 10.1.0.0/16, fd00::/8`. */
export function networksOf(text: string, variable = 'BURSAR_TRUSTED_PROXY'): BlockList {
  const networks = new BlockList()
  for (const each of text.split(',').map((part) => part.trim())) {
    const [address = '', bits] = each.split('/')
    const family = isIP(address)
    const most = family === 4 ? 32 : 128
    if (family === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) {
      throw new Refusal(
        `${variable}: “${each}” is no address or network`,
        'Write addresses such as 10.0.0.7 or networks such as 10.1.0.0/16, separated by commas.',
      )
    }
    networks.addSubnet(address, bits === undefined ? most : Number(bits), family === 4 ? 'ipv4' : 'ipv6')
  }
  return networks
}

export function isWithin(networks: BlockList, address: string): boolean {
  // A socket that takes both families shows an IPv4 caller as ::ffff:10.0.0.7.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIP(plain)
  return family !== 0 && networks.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export const isLoopback = (address: string): boolean => isWithin(loopback, address)

/**
 * Passwords and keys do not travel in the clear: beyond this machine Bursar speaks TLS itself, or to a proxy that
 * is named.
 */
export async function requireSafeAddress(host: string, isProtected: boolean): Promise<void> {
  if (isProtected || (await isLoopbackHost(host))) return
  throw new Refusal(
    `listening on ${host} would send passwords and keys over the network in the clear`,
    'Set BURSAR_TLS_CERT and BURSAR_TLS_KEY, or name the proxy that does TLS in BURSAR_TRUSTED_PROXY, or listen on 127.0.0.1.',
  )
}

async function isLoopbackHost(host: string): Promise<boolean> {
  if (isIP(host) !== 0) return isLoopback(host)
  const found = await lookup(host, { all: true }).catch(() => [])
  if (found.length === 0)
    throw new Refusal(`BURSAR_HOST is “${host}”, which has no address`, 'Set 127.0.0.1, for example.')
  return found.every(({ address }) => isLoopback(address))
}

/** What the system says when it does not let us listen, as what to do about it. */
export function asListenRefusal(error: unknown, { host, port }: Address): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new Refusal(
        `port ${port} on ${host} is in use by another program`,
        `Is Bursar running already? Else take another port: bursar serve --port ${port + 1} (or BURSAR_PORT).`,
      )
    case 'EACCES':
      return new Refusal(
        `this user may not listen on port ${port}`,
        'Take a port above 1023: bursar serve --port 8100 (or BURSAR_PORT).',
      )
    case 'EADDRNOTAVAIL':
      return new Refusal(`${host} is no address of this machine`, 'Set BURSAR_HOST to one that is, such as 127.0.0.1.')
    default:
      return error
  }
}
