import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal, WrongUsage } from '../values/refusal.ts'

export type SealKey = { readonly id: string; readonly secret: Buffer }
export type HeadKey = { readonly id: string; readonly secret: KeyObject; readonly open: KeyObject }

/** Outside the database, so that whoever can write there still cannot write history. */
export type SealKeys = {
  /** The one that new operations and blocks are marked with. */
  readonly seal: SealKey
  /** It and all former ones, by id, for checking. */
  readonly known: ReadonlyMap<string, SealKey>
  readonly head: HeadKey
  /** Where signed heads are appended. */
  readonly headsFile: string
  readonly headWebhook: string | undefined
}

const remedyOfPlace = 'Bursar must read and write there, and needs room.'
const remedy = 'A seal key is 64 hexadecimal digits: openssl rand -hex 32'

/**
 * The seal key comes from BURSAR_SEAL_KEY or the file BURSAR_SEAL_KEY_FILE, else from `keys/seal.key` in the data
 * directory, made at first need. A key is replaced by renaming its file to `seal-….key`, or by listing it in
 * BURSAR_SEAL_KEYS_FORMER: former keys still check what they marked.
 */
export function loadKeys(dataDirectory: string, environment: NodeJS.ProcessEnv): SealKeys {
  const directory = join(dataDirectory, 'keys')
  const text = (name: string) => environment[name] || fileText(`${name}_FILE`, environment[`${name}_FILE`])
  const seal = sealKey(
    text('BURSAR_SEAL_KEY') ?? kept(directory, 'seal.key', () => randomBytes(32).toString('hex')),
    'BURSAR_SEAL_KEY',
  )
  const former = (text('BURSAR_SEAL_KEYS_FORMER') ?? '').split(',').filter((text) => text.trim() !== '')
  const all = [...former.map((text) => sealKey(text, 'BURSAR_SEAL_KEYS_FORMER')), ...storedKeys(directory), seal]
  return {
    seal,
    known: new Map(all.map((key) => [key.id, key])),
    head: headKey(kept(directory, 'head.key', newHeadKey)),
    headsFile: join(dataDirectory, 'heads.jsonl'),
    headWebhook: webhook(text('BURSAR_HEAD_WEBHOOK')?.trim()),
  }
}

const keyIdOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex').slice(0, 8)

export function sealKey(text: string, where: string): SealKey {
  const hex = text.trim()
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw new Refusal(`${where} is no seal key`, remedy)
  const secret = Buffer.from(hex, 'hex')
  return { id: keyIdOf(secret), secret }
}

export function headKey(pem: string): HeadKey {
  const secret = createPrivateKey(pem)
  const open = createPublicKey(secret)
  return { id: keyIdOf(open.export({ type: 'spki', format: 'der' })), secret, open }
}

export const newHeadKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** The mark that only a holder of the seal key can make: HMAC-SHA256 (RFC 2104), hexadecimal. */
export function markWith(key: SealKey, text: string | Buffer): string {
  const { inner, outer } = paddedOf(key)
  const length = typeof text === 'string' ? text.length * 3 : text.length
  if (blockBytes + length > scratch.length) scratch = Buffer.allocUnsafe(2 * (blockBytes + length))
  inner.copy(scratch)
  const written = typeof text === 'string' ? scratch.write(text, blockBytes) : text.copy(scratch, blockBytes)
  outer.write(hash('sha256', scratch.subarray(0, blockBytes + written), 'binary'), blockBytes, 'latin1')
  return hash('sha256', outer, 'hex')
}

/**
 * By hand, with the key's two pads kept: an operation bears one mark, and to make the key ready for the library costs
 * several times the mark itself; as text, because a buffer costs more than the digest in it. A test compares it with the
 * library's.
 */
const padded = new WeakMap<SealKey, { readonly inner: Buffer; readonly outer: Buffer }>()
const blockBytes = 64
let scratch = Buffer.allocUnsafe(64 * 1024)

function paddedOf(key: SealKey) {
  let pads = padded.get(key)
  if (!pads) {
    const secret = Buffer.alloc(blockBytes)
    key.secret.copy(secret)
    const outer = Buffer.alloc(blockBytes + 32)
    secret.map((byte) => byte ^ 0x5c).forEach((byte, place) => (outer[place] = byte))
    pads = { inner: Buffer.from(secret.map((byte) => byte ^ 0x36)), outer }
    padded.set(key, pads)
  }
  return pads
}

function storedKeys(directory: string): SealKey[] {
  if (!existsSync(directory)) return []
  try {
    const names = readdirSync(directory).filter((name) => /^seal.*\.key$/.test(name))
    return names.map((name) => sealKey(readFileSync(join(directory, name), 'utf8'), join(directory, name)))
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(`the keys in ${directory} cannot be read: ${(error as Error).message}`, remedyOfPlace)
  }
}

/** What it says may be a secret of another program, so it is not repeated. */
function webhook(address: string | undefined): string | undefined {
  if (!address || /^https?:$/.test(URL.parse(address)?.protocol ?? '')) return address || undefined
  throw new WrongUsage(
    'BURSAR_HEAD_WEBHOOK is no address that heads can be sent to.',
    'Set an address that begins with https:// or http://, or leave it out.',
  )
}

function fileText(name: string, path: string | undefined): string | undefined {
  if (!path) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Refusal(`${name} cannot be read: ${(error as Error).message}`, 'Name a file that this user may read.')
  }
}

/** What the file holds; made when it is missing. Two programs that make it at once end with the same one. */
function kept(directory: string, name: string, make: () => string): string {
  const path = join(directory, name)
  try {
    if (!existsSync(path)) keep(directory, path, make())
    return readFileSync(path, 'utf8')
  } catch (error) {
    const why = (error as Error).message
    throw new Refusal(`the key ${path} cannot be kept: ${why}`, remedyOfPlace)
  }
}

function keep(directory: string, path: string, text: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  chmodSync(directory, 0o700)
  const draft = `${path}.new-${process.pid}`
  try {
    writeFileSync(draft, `${text.trimEnd()}\n`, { mode: 0o600, flush: true })
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
