import type { Reader } from '../database/reader.ts'
import type { Principal } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import { parseId, uuidOf } from '../values/id.ts'
import { type ProjectItem, projectByName, projectsPage, withProjects } from './listing/sql.ts'

/** The UUIDs that a principal may look at, with the projects of its organisations; null: all there are. */
export async function scopeOf(reader: Reader, { parties }: Principal): Promise<readonly string[] | null> {
  if (parties === 'all') return null
  const own = [...parties]
  const projects = await withProjects(reader, own)
  return [...new Set([...own, ...projects.map(({ id }) => id)])]
}

/** The project of that id or name. What the principal may not look at is not there. */
export async function requireProject(reader: Reader, principal: Principal, text: string): Promise<ProjectItem> {
  const id = parseId('project', text)
  const only = id ? uuidOf(id) : (await projectByName(reader, text))[0]?.id
  const scope = principal.parties === 'all' ? null : [...principal.parties]
  const page = { scope, after: undefined, limit: 1, organisation: null }
  const [found] = only === undefined ? [] : await projectsPage(reader, { ...page, only })
  if (!found) throw new Problem('not-found', { detail: `There is no project “${text}”.` })
  return found
}
