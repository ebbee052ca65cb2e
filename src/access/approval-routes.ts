import type { FastifyReply, FastifyRequest } from 'fastify'
import { callerOf, keyOf, sendAnswered } from '../http/call.ts'
import { type ApiServer, door } from '../http/door.ts'
import { afterOf, limitOf, numberPart, pageFrom } from '../http/paging.ts'
import { type Principal, principalOf, requireEverything } from '../http/principal.ts'
import type { House } from '../operations/house.ts'
import { numberOf } from '../values/id.ts'
import { fieldsOf, isOver, type Proposed } from './approval.ts'
import { approvalsAfter, type ApprovalRow, decide, mayDecide, propose, shownApproval } from './approval-commands.ts'
import * as contract from './contract.ts'
import { type ApprovalRule, type ApprovalRules, isTooMuchTogether, TooMuchTogether } from './together-commands.ts'

type Wiring = {
  readonly server: ApiServer
  readonly house: House
  readonly rules: ApprovalRules
  /** Credentials for one request in the name of somebody who is not here. */
  readonly pass: (principal: Principal) => string
}

/**
 * What goes beyond the limits waits: the request is tried, kept, and answered with 202. To be added before the doors that
 * it watches.
 */
export function addApprovals(wiring: Wiring): void {
  const { server, rules } = wiring
  server.addHook('onRoute', (route) => {
    const { operation, door: spec } = route.config ?? {}
    const rule = operation === undefined ? undefined : rules[operation]
    if (operation === undefined || !rule) return
    // At these routes alone: to look at each request of all doors costs something, too.
    route.preHandler = [waiting(wiring, operation, rule), ...[route.preHandler ?? []].flat()]
    if (rule.together) route.errorHandler = waitingAfterAll(wiring, operation, rule)
    if (!spec || route.method === 'HEAD') return
    const problems = [...(spec.problems ?? [])]
    route.config = {
      ...route.config,
      door: { ...spec, problems, answers: { ...spec.answers, 202: contract.Approval } },
    }
    route.schema = { ...route.schema, response: { ...(route.schema?.response as object), 202: contract.Approval } }
  })
}

const waiting =
  (wiring: Wiring, operation: string, rule: ApprovalRule) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (isPassed(principalOf(request))) return undefined
    request.routeOptions.config.check?.(request)
    const { dryRun, amount, currency = rule.currency } = fieldsOf(request.body)
    if (dryRun === true) return undefined
    const named = typeof currency === 'string' ? currency : undefined
    const caller = callerFor(rule, request)
    const over = isOver(rule.limit, amount, named)
    const isTooMuch = async (currency: string | undefined) => {
      if (isOver(rule.limit, amount, currency)) return true
      const asked = currency === undefined ? undefined : { ...caller, amount, currency }
      return asked !== undefined && (await isTooMuchTogether(wiring.house, rule, request, reply, asked))
    }
    if (named === undefined ? !over && !rule.together : !(await isTooMuch(named))) return undefined
    // What cannot be tried is not looked at by its door before somebody agrees.
    if (rule.tryAt === null) {
      requireEverything(principalOf(request))
      await rule.together?.whom(principalOf(request), request.body)
    }
    const proposed = proposedIn(request, operation)
    const tried = await tryOut(wiring, rule, proposed, principalOf(request))
    // What one person may do is refused, or answered as before, by the door itself.
    if (tried && tried.statusCode >= 400) return over ? resend(reply, tried) : undefined
    if (tried && named === undefined && !(await isTooMuch(currencyIn(tried)))) return undefined
    return sendAnswered(reply, await propose(wiring.house, caller, proposed))
  }

/** What its door refused because of what another server wrote meanwhile: it could be done, and waits. */
const waitingAfterAll =
  ({ house }: Wiring, operation: string, rule: ApprovalRule) =>
  (refused: Error, request: FastifyRequest, reply: FastifyReply): void => {
    if (!(refused instanceof TooMuchTogether)) throw refused
    const caller = callerFor(rule, request)
    propose(house, caller, proposedIn(request, operation)).then(
      (waits) => sendAnswered(reply, waits),
      (failure: unknown) => reply.send(failure),
    )
  }

function proposedIn({ method, url, headers, body }: FastifyRequest, wanted: string): Proposed {
  const types = { contentType: headers['content-type'] ?? null, ifMatch: headers['if-match'] ?? null }
  return { wanted, method, url, body: textOf(body), ...types }
}

/** Under the caller's own key, else as the request is written down: sent again, it is the same. */
function callerFor({ together }: ApprovalRule, request: FastifyRequest) {
  const caller = callerOf(request)
  const key = keyOf(request) ?? together?.keyOf?.(request.body)
  return key === undefined ? caller : { ...caller, key }
}

/** What is given back is in the currency that it was paid in. */
function currencyIn({ payload }: Injected): string | undefined {
  const { currency } = fieldsOf(JSON.parse(payload))
  return typeof currency === 'string' ? currency : undefined
}

/** In the name of somebody else, and not to be stopped here again. */
const passed = new WeakSet<Principal>()
const isPassed = (principal: Principal): boolean => passed.has(principal)

function passFor({ pass }: Wiring, principal: Principal): string {
  const other = { ...principal }
  passed.add(other)
  return pass(other)
}

const textOf = (body: unknown): string | null =>
  body === undefined || body === null ? null : typeof body === 'string' ? body : JSON.stringify(body, wholeAsText)

/** Doors that take whole numbers of any size take them as text, too. */
const wholeAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

/** `GET /api/v1/approvals`, and yes or no to one. */
export function addApprovalDoors(wiring: Wiring): void {
  const { server, house } = wiring
  server.get(
    '/api/v1/approvals',
    door({
      operation: 'approvals.list',
      id: 'listApprovals',
      tag: 'access',
      summary: 'What waits, or waited, for a second person; the oldest first',
      query: contract.ApprovalsQuery,
      answers: { 200: contract.Approvals },
    }),
    async (request) => {
      requireEverything(principalOf(request))
      const { query } = request
      const [after = '0'] = afterOf(query, numberPart) ?? []
      const found = await approvalsAfter(house.database.pool, BigInt(after), limitOf(query) + 1, query.state ?? null)
      return pageFrom(found, query, ({ id }) => [id], shownApproval)
    },
  )
  const decision = {
    operation: 'approvals.decide',
    tag: 'access',
    params: contract.ApprovalParams,
    body: contract.DecisionBody,
    problems: ['not-found', 'approval-by-proposer', 'approval-decided'],
    key: 'optional',
  } as const
  server.post(
    '/api/v1/approvals/:approval/approve',
    door({
      ...decision,
      id: 'approve',
      summary: 'Say yes: what was asked is done now, in the name of who asked',
      description: 'What can no longer be done is refused as it would be there, and goes on waiting.',
      answers: { 200: contract.CarriedOut },
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      const caller = callerOf(request)
      const id = numberOf('approval', request.params.approval) as bigint
      const row = await mayDecide(house, caller.principal, id, 'approved')
      const proposed = proposedOf(row)
      // In the name of who asked, with the authority of who agreed.
      const principal: Principal = { name: row.proposed_by, role: 'admin', parties: 'all' }
      const rule = wiring.rules[row.wanted]
      const tried = row.verdict === null && rule ? await tryOut(wiring, rule, proposed, principal) : undefined
      if (tried && tried.statusCode >= 400) return resend(reply, tried)
      const decided = await decide(house, caller, id, 'approved', request.body?.reason ?? null)
      const done = await ask(wiring, proposed, principal, `${shownApproval(row).id} of ${row.at.getTime()}`)
      if (done.statusCode >= 400) return resend(reply, done)
      const operation = done.headers['operation-id']
      const answer = done.payload === '' ? null : (JSON.parse(done.payload) as unknown)
      return { ...shownApproval(decided), answer, answeredBy: typeof operation === 'string' ? operation : null }
    },
  )
  server.post(
    '/api/v1/approvals/:approval/reject',
    door({ ...decision, id: 'reject', summary: 'Say no: nothing is done', answers: { 200: contract.Approval } }),
    async (request) => {
      requireEverything(principalOf(request))
      const id = numberOf('approval', request.params.approval) as bigint
      return shownApproval(await decide(house, callerOf(request), id, 'rejected', request.body?.reason ?? null))
    },
  )
}

const proposedOf = ({ wanted, method, url, content_type, if_match, body }: ApprovalRow): Proposed => {
  return { wanted, method, url, body, contentType: content_type, ifMatch: if_match }
}

/** The same request without an effect; undefined where that cannot be had. */
async function tryOut(wiring: Wiring, { tryAt }: ApprovalRule, proposed: Proposed, principal: Principal) {
  if (tryAt === null) return undefined
  const { body } = proposed
  const trial =
    tryAt === 'dryRun'
      ? { ...proposed, body: JSON.stringify({ ...fieldsOf(JSON.parse(body ?? '{}')), dryRun: true }) }
      : { ...proposed, method: 'POST', url: tryAt, ifMatch: null }
  return await ask(wiring, trial, principal, 'a trial')
}

/** Asks the own doors, in the name of somebody who is not here. */
async function ask(wiring: Wiring, proposed: Proposed, principal: Principal, key: string): Promise<Injected> {
  const { method, url, contentType, ifMatch, body } = proposed
  return await wiring.server.inject({
    method: method as 'POST',
    url,
    headers: {
      authorization: passFor(wiring, principal),
      'idempotency-key': key,
      ...(contentType !== null && { 'content-type': contentType }),
      ...(ifMatch !== null && { 'if-match': ifMatch }),
    },
    ...(body !== null && { payload: body }),
  })
}

type Injected = {
  readonly statusCode: number
  readonly payload: string
  readonly headers: { readonly [name: string]: unknown }
}

/** What a trial was told is what the caller is told. */
function resend(reply: FastifyReply, { statusCode, payload, headers }: Injected): FastifyReply {
  const type = headers['content-type']
  return reply
    .code(statusCode)
    .type(typeof type === 'string' ? type : 'application/json')
    .serializer(String)
    .send(payload)
}
