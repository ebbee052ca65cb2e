import type { FastifyInstance } from 'fastify'
import { openJobScope } from './door/door-routes.ts'
import type { JobParts } from './parts.ts'

/** Every door of this module, at the paths of the reference service: each noun's by one line. */
export function addJobDoors(server: FastifyInstance, _parts: JobParts): void {
  openJobScope(server, (_scope) => {})
}
