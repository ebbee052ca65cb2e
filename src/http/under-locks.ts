import type { FastifyRequest } from 'fastify'
import type { Reader } from '../database/reader.ts'
import type { Problem } from './problem.ts'

/** What may still refuse a request once its money is locked: only then nobody else can change what it looks at. */
export type LockedCheck = (reader: Reader) => Promise<Problem | undefined>

const checks = new WeakMap<FastifyRequest, LockedCheck>()

export const checkUnderLocks = (request: FastifyRequest, check: LockedCheck): void => void checks.set(request, check)

export const lockedCheckOf = (request: FastifyRequest): LockedCheck | undefined => checks.get(request)
