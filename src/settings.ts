import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type ApprovalLimits, limitsIn } from './access/approval.ts'
import type { TokenSettings } from './access/token-commands.ts'
import { tokenSettings } from './access/token-settings.ts'
import { WrongUsage } from './values/refusal.ts'
import { type JobSettings, jobSettings, jobVariables } from './jobs/settings.ts'
import { currenciesIn, currenciesWith } from './values/currency.ts'
import type { Currency } from './values/money.ts'
import { isZone } from './values/period.ts'

/** Everything the operator can set, read once at the start; the rest of the program sees values, not variables. */
export type Settings = {
  readonly databaseUrl: string | undefined
  readonly host: string
  readonly port: number
  /** Absolute. */
  readonly data: string
  readonly zone: string
  readonly unknownParties: 'create' | 'quarantine'
  /** Who earns what is held where a request names nobody. */
  readonly provider: string
  /** Units of the site's own that wallets may be in, beside ISO 4217 and CREDIT. */
  readonly currencies: readonly Currency[]
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly trustedProxy: string | undefined
  /** How tokens are checked; undefined: none are taken. */
  readonly jwt: TokenSettings | undefined
  /** What wants a second person: above so much; undefined is never. */
  readonly approvals: {
    readonly grants: ApprovalLimits | undefined
    readonly refunds: ApprovalLimits | undefined
    readonly prices: boolean
  }
  readonly logLevel: string
  readonly logAnswers: 'all' | 'failures'
  readonly metrics: 'local' | 'key'
  readonly corsOrigins: string | undefined
  readonly jobs: JobSettings
}

export type Environment = Readonly<Record<string, string | undefined>>

type Variable = { readonly name: string; readonly secret?: true; readonly about: string; readonly standard?: string }

/** In the order in which `bursar show-config` lists them. */
export const variables = [
  {
    name: 'DATABASE_URL',
    secret: true,
    about: 'PostgreSQL to use; without it Bursar runs its own in the data directory',
  },
  { name: 'BURSAR_HOST', about: 'address to listen on', standard: '127.0.0.1' },
  { name: 'BURSAR_PORT', about: 'port to listen on', standard: '8100' },
  { name: 'BURSAR_DATA', about: 'data directory', standard: './data' },
  { name: 'BURSAR_ZONE', about: 'IANA time zone of the site; months begin at its midnight', standard: 'UTC' },
  { name: 'BURSAR_UNKNOWN_PARTIES', about: 'names first met in usage: create or quarantine', standard: 'create' },
  { name: 'BURSAR_PROVIDER', about: 'who earns by reservations that name no provider', standard: 'site' },
  { name: 'BURSAR_CURRENCIES', about: "the site's own units beside ISO 4217 and CREDIT, separated by commas" },
  { name: 'BURSAR_SEAL_KEY', secret: true, about: 'key that seals the operations; else a file in the data directory' },
  { name: 'BURSAR_SEAL_KEYS_FORMER', secret: true, about: 'keys used before, separated by commas: they still check' },
  { name: 'BURSAR_HEAD_WEBHOOK', secret: true, about: 'address that each signed head of the chain is sent to' },
  { name: 'BURSAR_TLS_CERT', about: 'file with the TLS certificate (PEM)' },
  { name: 'BURSAR_TLS_KEY', about: 'file with the key of the TLS certificate (PEM)' },
  { name: 'BURSAR_TRUSTED_PROXY', about: 'address or network of the proxy in front that does TLS' },
  { name: 'BURSAR_JWT_SECRET', secret: true, about: 'secret of 32 characters or more that signs tokens (HS256)' },
  { name: 'BURSAR_JWKS_URL', about: 'address of the keys that tokens are signed with, instead of a secret' },
  { name: 'BURSAR_JWT_ISSUER', about: 'whose tokens are taken: their iss' },
  { name: 'BURSAR_JWT_AUDIENCE', about: 'for whom tokens must be meant: their aud' },
  {
    name: 'BURSAR_APPROVAL_GRANT_LIMIT',
    about: 'grants and limits above this amount (THB=35000,1000: by currency) wait for a second person',
  },
  {
    name: 'BURSAR_APPROVAL_REFUND_LIMIT',
    about: 'refunds above this amount (THB=35000,1000: by currency) wait for a second person',
  },
  { name: 'BURSAR_APPROVAL_PRICES', about: 'on: changes of prices wait for a second person', standard: 'off' },
  { name: 'BURSAR_URL', about: 'Bursar that commands ask over HTTP, in place of the database' },
  { name: 'BURSAR_KEY', secret: true, about: 'key that they ask it with' },
  { name: 'BURSAR_LOG_LEVEL', about: 'trace, debug, info, warn, error or silent', standard: 'info' },
  { name: 'BURSAR_LOG_ANSWERS', about: 'a line for each answer: all, or failures only', standard: 'all' },
  {
    name: 'BURSAR_METRICS',
    about: 'who may read /metrics: local (this machine, or a key) or key',
    standard: 'local',
  },
  { name: 'BURSAR_CORS_ORIGINS', about: 'origins whose web pages may ask, separated by commas; none without it' },
  ...jobVariables,
  { name: 'BURSAR_NAMED_STATEMENTS', about: 'on, or off for a PgBouncer older than 1.21', standard: 'on' },
  { name: 'PG_BINDIR', about: 'programs of the PostgreSQL that Bursar runs itself' },
  { name: 'BURSAR_DEBUG', about: '1: print where an unexpected failure happened' },
] as const satisfies readonly Variable[]

export type VariableName = (typeof variables)[number]['name']
/** Flags of the command line; they go before the environment. */
export type Flags = Partial<Record<VariableName, string>>

/** @throws WrongUsage that names the variable. */
export function readSettings(environment: Environment, flags: Flags = {}): Settings {
  const text = (name: VariableName) => configValue(environment, flags, name)
  const host = text('BURSAR_HOST') as string
  const [certificate, key] = [text('BURSAR_TLS_CERT'), text('BURSAR_TLS_KEY')]
  if ((certificate === undefined) !== (key === undefined)) {
    throw new WrongUsage(
      `${certificate === undefined ? 'BURSAR_TLS_KEY' : 'BURSAR_TLS_CERT'} is set alone.`,
      'Set both BURSAR_TLS_CERT and BURSAR_TLS_KEY, or neither.',
    )
  }
  // Looked at where statements are made; misspelt, they would go on being named in silence.
  oneOf('BURSAR_NAMED_STATEMENTS', text('BURSAR_NAMED_STATEMENTS') as string, ['on', 'off'])
  return {
    databaseUrl: databaseUrl(text('DATABASE_URL')),
    host,
    port: port(text('BURSAR_PORT') as string),
    data: resolve(text('BURSAR_DATA') as string),
    zone: zone(text('BURSAR_ZONE') as string),
    unknownParties: oneOf('BURSAR_UNKNOWN_PARTIES', text('BURSAR_UNKNOWN_PARTIES') as string, ['create', 'quarantine']),
    provider: providerName(text('BURSAR_PROVIDER') as string),
    currencies: currencies(text('BURSAR_CURRENCIES')),
    tls: certificate === undefined || key === undefined ? undefined : { cert: certificate, key },
    trustedProxy: text('BURSAR_TRUSTED_PROXY'),
    jwt: tokenSettings(text),
    approvals: {
      grants: limits('BURSAR_APPROVAL_GRANT_LIMIT', text('BURSAR_APPROVAL_GRANT_LIMIT')),
      refunds: limits('BURSAR_APPROVAL_REFUND_LIMIT', text('BURSAR_APPROVAL_REFUND_LIMIT')),
      prices: oneOf('BURSAR_APPROVAL_PRICES', text('BURSAR_APPROVAL_PRICES') as string, ['on', 'off']) === 'on',
    },
    logLevel: oneOf('BURSAR_LOG_LEVEL', text('BURSAR_LOG_LEVEL') as string, logLevels),
    logAnswers: oneOf('BURSAR_LOG_ANSWERS', text('BURSAR_LOG_ANSWERS') as string, ['all', 'failures']),
    metrics: oneOf('BURSAR_METRICS', text('BURSAR_METRICS') as string, ['local', 'key']),
    corsOrigins: text('BURSAR_CORS_ORIGINS'),
    jobs: jobSettings(text, currenciesWith(currencies(text('BURSAR_CURRENCIES')))),
  }
}

function providerName(text: string): string {
  if (text.length <= 200 && text.trim() === text) return text
  throw new WrongUsage(`BURSAR_PROVIDER ${text} is no name.`, 'A name has 1 to 200 characters, without spaces around.')
}

function currencies(text: string | undefined): readonly Currency[] {
  const codes = text === undefined ? [] : currenciesIn(text)
  if (codes) return codes
  throw new WrongUsage(
    `BURSAR_CURRENCIES is “${text}”, which is no list of codes.`,
    'A code has 3 to 8 capital letters and digits, a letter first: GPUH,TOKEN.',
  )
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const

/** The variable, else the contents of the file that `NAME_FILE` names, else the standard. Empty is not set. */
function valueOf(environment: Environment, name: VariableName): string | undefined {
  const variable: Variable | undefined = variables.find((each) => each.name === name)
  const value = environment[name]
  const file = environment[`${name}_FILE`]
  if (value && file) {
    throw new WrongUsage(`${name} and ${name}_FILE are both set.`, 'Remove one of them.')
  }
  if (value) return value
  if (!file) return variable?.standard
  try {
    return readFileSync(file, 'utf8').trimEnd() || undefined
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new WrongUsage(`${name}_FILE: ${file} cannot be read (${code}).`, 'Name a file that this user may read.')
  }
}

function databaseUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^postgres(ql)?:\/\//.test(text)) return text
  // The value may hold a password, so it is not repeated.
  throw new WrongUsage(
    'DATABASE_URL is no PostgreSQL address.',
    'Write it as postgres://user:password@host:5432/database.',
  )
}

function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : -1
  if (number >= 0 && number <= 65_535) return number
  throw new WrongUsage(
    `BURSAR_PORT is “${text}”, which is no port.`,
    'Set a number from 1 to 65535, or 0 for any free port.',
  )
}

function zone(text: string): string {
  if (isZone(text)) return text
  throw new WrongUsage(`BURSAR_ZONE is “${text}”, which is no time zone.`, 'Set an IANA name such as Asia/Bangkok.')
}

function limits(name: VariableName, text: string | undefined): ApprovalLimits | undefined {
  const found = text === undefined ? undefined : limitsIn(text)
  if (text === undefined || found) return found
  const remedy = 'Set a decimal such as 1000 or 250.50, or one for each currency: THB=35000,JPY=150000,1000.'
  throw new WrongUsage(`${name} is “${text}”, which is no amount.`, remedy)
}

function oneOf<Word extends string>(name: VariableName, text: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === text)
  if (word !== undefined) return word
  throw new WrongUsage(`${name} is “${text}”.`, `Set one of: ${words.join(', ')}.`)
}

/** For commands that need one word of it; everything is checked first. */
export function settingInForce(name: string, environment: Environment, flags: Flags): string | undefined {
  readSettings(environment, flags)
  return configValue(environment, flags, name as VariableName)
}

const configValue = (environment: Environment, flags: Flags, name: VariableName) =>
  flags[name] ?? valueOf(environment, name)

export type ConfigLine = {
  readonly name: string
  readonly value: string
  readonly from: string
  readonly about: string
}

/** What is in force and where it comes from, with every secret masked. */
export function configLines(environment: Environment, flags: Flags): ConfigLine[] {
  return variables.map((variable: Variable) => {
    const name = variable.name as VariableName
    const value = configValue(environment, flags, name)
    const from =
      flags[name] !== undefined
        ? 'flag'
        : environment[name]
          ? 'environment'
          : environment[`${name}_FILE`]
            ? `${name}_FILE`
            : value === undefined
              ? 'not set'
              : 'standard'
    return { name, value: variable.secret ? masked(value) : (value ?? ''), from, about: variable.about }
  })
}

/** An address keeps its host and database, so that one sees where it leads; everything else is dots. */
function masked(value: string | undefined): string {
  if (value === undefined) return ''
  const address = URL.parse(value)
  if (!address?.protocol.startsWith('postgres')) return '••••••••'
  const user = address.username ? `${decodeURIComponent(address.username)}${address.password ? ':••••••••' : ''}@` : ''
  return `${address.protocol}//${user}${address.host}${address.pathname}`
}

/** Names that look like settings and are none: misspelt, a setting would be off in silence. */
export const unknownVariables = (environment: Environment): string[] =>
  Object.keys(environment).filter(
    (name) =>
      /^(BURSAR|JOBS)_/.test(name) &&
      !innerVariables.has(name) &&
      !variables.some((each) => name === each.name || name === `${each.name}_FILE`),
  )

/** What the program and its tests tell themselves. */
const innerVariables: ReadonlySet<string> = new Set([
  'BURSAR_NODE_FOUND',
  'BURSAR_PG_ORIGIN',
  'BURSAR_FAIL_POINT',
  'BURSAR_FAIL_POINT_AFTER',
  'BURSAR_FAIL_POINT_SIGNAL',
])
