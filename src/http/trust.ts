import type { FastifyRequest } from 'fastify'
import { isWithin, networksOf } from './address.ts'
import type { Principal } from './principal.ts'

/**
 * Whoever asks from these networks is this principal. Not what a web page sends, which anybody may have written, and not
 * what somebody passes on whom nobody named as a proxy: then the address is not that of who asks.
 */
export function trustOf(text: string, variable: string, principal: Principal) {
  const networks = networksOf(text, variable)
  return (request: FastifyRequest): Principal | undefined => {
    const { headers, ip, ips } = request
    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return undefined
    const isPassedOn = ['forwarded', 'x-forwarded-for', 'x-real-ip'].some((name) => headers[name] !== undefined)
    if (isPassedOn && ips === undefined) return undefined
    return isWithin(networks, ip) ? principal : undefined
  }
}
