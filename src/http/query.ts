import type { FastifyInstance } from 'fastify'

type Properties = Readonly<Record<string, { readonly type?: unknown }>>

/**
 * A query string knows only texts: where a door wants a number or a truth value, a text that says one becomes one.
 * What says none stays as it is, and is refused by the schema. Bodies are never changed so.
 */
export function readQueries(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    const { properties } = (route.schema?.querystring ?? {}) as { properties?: Properties }
    const wanted = Object.entries(properties ?? {}).flatMap(([name, { type }]) =>
      type === 'integer' || type === 'boolean' ? [[name, type] as const] : [],
    )
    if (wanted.length === 0) return
    route.preValidation = [
      ...[route.preValidation ?? []].flat(),
      (request, _, done) => {
        const query = request.query as Record<string, unknown>
        for (const [name, type] of wanted) {
          const text = query[name]
          if (typeof text !== 'string') continue
          if (type === 'integer' && /^-?\d{1,15}$/.test(text)) query[name] = Number(text)
          else if (type === 'boolean' && (text === 'true' || text === 'false')) query[name] = text === 'true'
        }
        done()
      },
    ]
  })
}
