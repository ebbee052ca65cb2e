/**
 * The one straight line of the house: a module imports only modules that stand before it here.
 * Usage goes in at the top and leaves at the bottom; nothing flows back.
 */
export const order: readonly string[] = [
  'values',
  'terminal',
  'database',
  'http',
  'operations',
  'audit',
  'parties',
  'access',
  'tasks',
  'ledger',
  'metering',
  'sources',
  'pricing',
  'credits',
  'charging',
  'billing',
  'books',
  'exports',
  'jobs',
  'sessions',
  'slurm',
  'apel',
  'quotations',
  'federation',
  'reports',
  'proof',
]

/**
 * Files of `src` that stand in no module: they know the whole line, and nothing in it knows them. What a module
 * needs of the settings or the version is handed to it.
 */
export const startPoints: readonly string[] = ['version', 'settings', 'figures', 'api', 'app', 'program', 'ask', 'cli']

/** Modules that exist to touch the world; every other module is pure but for its files of `impureNames`. */
export const impureModules: readonly string[] = ['terminal', 'database', 'http', 'operations', 'audit', 'proof']

/**
 * A file says by its name that it touches the world: the database, the clock, a file, a terminal. The last word of
 * the name counts, so that a module may have `commands.ts` and `rerate-commands.ts`; `sql.ts` has one name only.
 */
export const impureNames: readonly string[] = ['sql', 'commands', 'routes', 'cli', 'tasks', 'stream', 'testing']

/** Whether a file of this name says that it touches the world. */
export function saysImpure(name: string): boolean {
  const kind = name.split('-').at(-1) ?? ''
  return impureNames.includes(kind) && (kind !== 'sql' || name === 'sql')
}

/** Where a module or start point stands in the line; undefined when it has no place. */
export function placeOf(module: string): number | undefined {
  const place = [...order, ...startPoints].indexOf(module)
  return place < 0 ? undefined : place
}
