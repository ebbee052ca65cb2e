import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Problem } from './problem.ts'
import type { ProblemType } from './problems.ts'

/** A schema is the parser, the type and the OpenAPI text at once. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  readonly serializer: this['schema'] extends TSchema ? Readable<Static<this['schema']>> : unknown
}

/** What is answered is only read. */
type Readable<Value> = Value extends readonly (infer Item)[]
  ? readonly Readable<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: Readable<Value[Name]> }
    : Value

/** What doors are added to: handlers get their types from the schemas. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxProvider
>

export type DoorSpec = {
  /** `module.verb`, as the table of roles lists it; null for a door that is open to all. */
  readonly operation: string | null
  /** What clients call it: `listProjects`. */
  readonly id: string
  /** The module. */
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** In the place of `body`, for a door that takes several media types: a schema for each. */
  readonly bodies?: Readonly<Record<string, TSchema>>
  /** What the document says of the body by media type, for a handler that looks at each part of it itself. */
  readonly shown?: Readonly<Record<string, TSchema>>
  /** More than the usual 1 MiB. */
  readonly bytesMax?: number
  /** By status. */
  readonly answers: { readonly [status: number]: TSchema }
  /** In the place of all problems, for doors whose refusals have a shape of their own: the document's text by status. */
  readonly refusals?: Readonly<Record<number, object>>
  /** Beside those that every door may have. */
  readonly problems?: readonly ProblemType[]
  /** Whether an `Idempotency-Key` is wanted; money commands require it. */
  readonly key?: 'required' | 'optional'
  /** Headers besides, for the document. */
  readonly headers?: Readonly<Record<string, TSchema>>
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The door as it was declared: what the OpenAPI document is made from. */
    door?: DoorSpec
    /** Whoever asks from a network that the operator trusts needs no key here. */
    trusting?: true
    /** Refuses what its handler would refuse as it is written, for whoever keeps a request before it is handled. */
    check?: (request: FastifyRequest) => void
  }
}

type Of<Spec, Key extends string> = Spec extends { readonly [K in Key]: infer Schema } ? Schema : undefined

/**
 * Declares a door: `server.get('/api/v1/projects', door({ … }), handler)`. Unknown fields are refused by schemas that
 * say `additionalProperties: false`; what the answer's schema does not name is left out of the answer.
 */
export function door<const Spec extends DoorSpec>(spec: Spec) {
  const { operation, params, query, body, bodies, shown, bytesMax, answers } = spec
  const types = Object.keys(bodies ?? shown ?? {})
  const schema = {
    ...(params && { params }),
    ...(query && { querystring: query }),
    ...(body && { body }),
    ...(bodies && { body: contentOf(bodies) }),
    response: answers,
  }
  return {
    config: { ...(operation !== null && { operation }), door: spec as DoorSpec },
    schema: schema as {
      params: Of<Spec, 'params'>
      querystring: Of<Spec, 'query'>
      body: Of<Spec, 'body'>
      response: Spec['answers']
    },
    ...(bytesMax !== undefined && { bodyLimit: bytesMax }),
    ...(types.length > 0 && { preValidation: takingOnly(types) }),
  }
}

export const contentOf = (bodies: Readonly<Record<string, TSchema>>) => ({
  content: Object.fromEntries(Object.entries(bodies).map(([type, schema]) => [type, { schema }])),
})

/** The validator knows a schema for these; what comes as another media type would pass it unseen. */
const takingOnly =
  (types: readonly string[]) =>
  (request: FastifyRequest, _: FastifyReply, done: (error?: Error) => void): void => {
    const type = mediaTypeOf(request)
    done(types.includes(type) ? undefined : new Problem('media-type-unsupported', { takes: types }))
  }

/** Without its parameters: `application/json`. */
export const mediaTypeOf = ({ headers }: FastifyRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
