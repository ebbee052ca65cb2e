import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../values/refusal.ts'

/** `https://portal.example.org, https://lab.example.org`, or `*` alone: then pages may ask, but never with cookies. */
export function originsOf(text: string | undefined): string[] {
  const origins = (text ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '')
  for (const origin of origins) {
    if (origin === '*' && origins.length === 1) continue
    if (URL.parse(origin)?.origin === origin && /^https?:/.test(origin)) continue
    throw new Refusal(
      origin === '*'
        ? 'BURSAR_CORS_ORIGINS names * beside others: pages that are named may send cookies, any page may not'
        : `BURSAR_CORS_ORIGINS: “${origin}” is no origin`,
      'Write origins such as https://portal.example.org, separated by commas, or * alone.',
    )
  }
  return origins
}

/** Web pages of these origins may ask. Browsers keep all others out. */
export async function allowOrigins(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  const isAny = origins[0] === '*'
  await server.register(cors, {
    origin: isAny ? '*' : [...origins],
    credentials: !isAny,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['etag', 'operation-id', 'retry-after', 'x-request-id'],
    maxAge: 600,
    // Who asks without the headers of a browser gets the same answer, not one that is no problem of ours.
    strictPreflight: false,
  })
}
