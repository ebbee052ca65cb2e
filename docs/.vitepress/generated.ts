import { problems } from '../../src/http/problems.ts'
import { variables } from '../../src/settings.ts'

/** Parts of the guide that the program knows best, as Markdown: written when the guide is built, kept nowhere else. */
export const generated: Readonly<Record<string, () => string>> = { settings, problems: problemList }

function settings(): string {
  const rows = variables.map((variable) => {
    const standard = 'standard' in variable ? `\`${variable.standard}\`` : ''
    const secret = 'secret' in variable ? ' (a secret)' : ''
    return `| \`${variable.name}\` | ${standard} | ${variable.about}${secret} |`
  })
  return ['| setting | standard | meaning |', '|---|---|---|', ...rows].join('\n')
}

function problemList(): string {
  const rows = Object.entries(problems)
    .sort(([, a], [, b]) => a.status - b.status)
    .map(([type, { status, title }]) => `| ${status} | [${type}](./problems/${type}) | ${title} |`)
  return ['| status | type | what it says |', '|---|---|---|', ...rows].join('\n')
}
