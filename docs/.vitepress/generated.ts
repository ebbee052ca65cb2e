import { allows, roles, table } from '../../src/access/roles.ts'
import { problems } from '../../src/http/problems.ts'
import { variables } from '../../src/settings.ts'
import { sacctCall } from '../../src/slurm/sacct.ts'

/** Parts of the guide that the program knows best, as Markdown: written when the guide is built, kept nowhere else. */
export const generated: Readonly<Record<string, () => string>> = {
  settings,
  problems: problemList,
  roles: roleTable,
  sacct,
}

function settings(): string {
  const rows = variables.map((variable) => {
    const standard = 'standard' in variable ? `; without it \`${variable.standard}\`` : ''
    const secret = 'secret' in variable ? ' (a secret)' : ''
    // A phone breaks a long name at its underscores.
    const name = variable.name.replaceAll('_', '_<wbr>')
    return `| <code>${name}</code> | ${variable.about}${secret}${standard} |`
  })
  return ['| setting | meaning |', '|---|---|', ...rows].join('\n')
}

/** Which role may do what; `admin` may do all of it. */
function roleTable(): string {
  const others = roles.filter((role) => role !== 'admin')
  const rows = Object.keys(table).map(
    (operation) => `| \`${operation}\` | ${others.map((role) => (allows(role, operation) ? '●' : '')).join(' | ')} |`,
  )
  return [`| operation | ${others.join(' | ')} |`, `|---|${others.map(() => ':-:|').join('')}`, ...rows].join('\n')
}

function problemList(): string {
  const rows = Object.entries(problems)
    .sort(([, a], [, b]) => a.status - b.status)
    .map(([type, { status, title }]) => `| ${status} | [${type}](./problems/${type}) | ${title} |`)
  return ['| status | type | what it says |', '|---|---|---|', ...rows].join('\n')
}

/** One line in the source; on paper each option has its own, and the columns are cut where a line ends. */
function sacct(): string {
  const [call = '', columns = ''] = sacctCall.split('--format=')
  const options = call.trim().replaceAll(' --', ' \\\n  --')
  const cut = columns.replaceAll(/(.{1,60}),/g, '$1,\\\n')
  return `\`\`\`sh\n${options} \\\n  --format=${cut}\n\`\`\``
}
