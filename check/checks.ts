import { circles } from './circles.ts'
import { deadExports } from './dead-exports.ts'
import { migrations } from './migrations.ts'
import { moduleOrder, privateFiles } from './module-order.ts'
import { picture } from './picture.ts'
import { purity } from './purity.ts'
import { readmes } from './readmes.ts'
import { releasedMigrations } from './released.ts'
import { schema } from './schema.ts'
import { sizes } from './sizes.ts'
import { tables } from './tables.ts'
import { runTool, tools } from './tools.ts'
import { type Finding, type Rule, readTree, type Tree } from './tree.ts'
import { version } from './version.ts'
import { words } from './words.ts'

export type Check = { readonly name: string; readonly run: (root: string) => Promise<Finding> }

const rules: Readonly<Record<string, Rule>> = {
  order: moduleOrder,
  private: privateFiles,
  circles,
  purity,
  tables,
  migrations,
  released: releasedMigrations,
  sizes,
  exports: deadExports,
  words,
  readmes,
  picture,
  version,
}

/** The sources are read once for all rules of one run. */
const trees = new Map<string, Tree>()
function treeOf(root: string): Tree {
  const tree = trees.get(root) ?? readTree(root)
  trees.set(root, tree)
  return tree
}

/** Everything that can be said about the project without running it; the quick ones first. */
export const checks: readonly Check[] = [
  ...Object.entries(rules).map(([name, rule]) => ({ name, run: async (root: string) => rule(treeOf(root)) })),
  ...Object.entries(tools).map(([name, tool]) => ({ name, run: (root: string) => runTool(root, tool(root)) })),
  { name: 'schema', run: schema },
]
