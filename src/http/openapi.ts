import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { finished, type Json } from './document.ts'
import { contentOf, type DoorSpec } from './door.ts'
import { problems, type ProblemType } from './problems.ts'
import { Problem } from './schemas.ts'

/** What every door may refuse for, whatever it does. */
const common: readonly ProblemType[] = [
  'request-invalid',
  'request-timeout',
  'headers-too-large',
  'internal-error',
  'database-unavailable',
]
/** And those that take a body. */
const bodied: readonly ProblemType[] = ['body-too-large', 'media-type-unsupported']

/** The page where one tries a call needs its own scripts and styles, and nothing from elsewhere. */
const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** Its page does not say so itself, and a phone then shows it as wide as a desk, with letters too small to read. */
const fitPhones =
  'document.head.insertAdjacentHTML(\'beforeend\', \'<meta name="viewport" content="width=device-width, initial-scale=1">\')'

/** OpenAPI 3.1 at `/openapi.json`, made from the doors themselves, and `/docs` to try them. Before any door is added. */
export async function addOpenApi(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bursar',
        version,
        description:
          'The accounts office of a computing site. Amounts and quantities are exact decimals as text. Lists come in ' +
          'pages. A refusal is `application/problem+json`; its `type` is an address that explains it.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key (`bsr_…`) or a JWT.' },
          basic: { type: 'http', scheme: 'basic', description: 'Any name, and an API key as the password.' },
        },
      },
      security: [{ bearer: [] }, { basic: [] }],
    },
    transform: ({ schema, url, route }) => {
      const spec = route.config?.door
      return { schema: spec ? { ...schema, ...described(spec) } : { ...schema, hide: true }, url }
    },
    transformObject: (given) => finished((given as { openapiObject: Json }).openapiObject),
  })
  server.get('/openapi.json', async (_, reply) => {
    return reply.type('application/json; charset=utf-8').send(document(server))
  })
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: docsPolicy,
    theme: {
      title: 'Bursar: the API',
      css: [{ filename: 'bursar.css', content: '.swagger-ui .topbar { display: none }' }],
      js: [{ filename: 'bursar.js', content: fitPhones }],
    },
    uiConfig: { docExpansion: 'list', deepLinking: false, persistAuthorization: false },
  })
}

const documents = new WeakMap<FastifyInstance, string>()

/** Written once: the doors do not change while it runs. */
function document(server: FastifyInstance): string {
  let text = documents.get(server)
  if (text === undefined) documents.set(server, (text = JSON.stringify(server.swagger())))
  return text
}

function described({ operation, id, tag, summary, description, key, headers, answers, ...spec }: DoorSpec) {
  const takesBody = spec.body !== undefined || spec.bodies !== undefined || spec.shown !== undefined
  const types = [
    ...common,
    ...(takesBody ? bodied : []),
    ...(operation === null ? [] : guarded),
    ...(key ? keyed : []),
    ...(spec.problems ?? []),
  ]
  const byStatus = Map.groupBy(new Set(types), (type) => problems[type].status)
  const refusals = [...byStatus].map(([status, alike]) => [status, problemAnswer(alike)] as const)
  const keyHeader = {
    'idempotency-key': {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      pattern: '^[\\x20-\\x7e]*$',
      description: 'A text of your own: the same key and request again have one effect and the same answer.',
    },
  }
  const properties = { ...(key && keyHeader), ...headers }
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    // What the table of roles calls it.
    ...(operation === null ? { security: [] } : { 'x-operation': operation }),
    ...(Object.keys(properties).length > 0 && {
      headers: { type: 'object', properties, ...(key === 'required' && { required: ['idempotency-key'] }) },
    }),
    ...(spec.shown && { body: contentOf(spec.shown) }),
    response: { ...(spec.refusals ?? Object.fromEntries(refusals)), ...answers },
  }
}

const guarded: readonly ProblemType[] = [
  'principal-required',
  'credentials-invalid',
  'not-allowed',
  'too-many-failures',
]
const keyed: readonly ProblemType[] = ['idempotency-key-reused', 'outcome-unknown']

const problemAnswer = (types: readonly ProblemType[]) => ({
  description: types.map((type) => `\`${type}\`: ${problems[type].title}`).join('\n'),
  content: { 'application/problem+json': { schema: Problem } },
})
