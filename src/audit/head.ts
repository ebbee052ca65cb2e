import { sign, verify } from 'node:crypto'
import { canonicalJson } from '../operations/canonical.ts'
import type { HeadKey } from '../operations/keys.ts'
import type { Block } from './block.ts'

/** What is published of a block: enough to know the whole chain up to it again. */
export type Head = {
  readonly block: number
  readonly epoch: number
  readonly root: string
  readonly mac: string
  readonly at: string
  readonly keyId: string
  readonly headKeyId: string
  readonly signature: string
}

export function headOf(block: Block, key: HeadKey): Head {
  const told = {
    block: block.number,
    epoch: block.epoch,
    root: block.root.toString('hex'),
    mac: block.mac.toString('hex'),
    at: block.at.toISOString(),
    keyId: block.keyId,
    headKeyId: key.id,
  }
  return { ...told, signature: sign(null, Buffer.from(canonicalJson(told)), key.secret).toString('base64') }
}

/** Reads one line of a head file; undefined when it is none. */
export function parseHead(line: string): Head | undefined {
  try {
    const head = JSON.parse(line) as Partial<Record<keyof Head, unknown>>
    const texts = [head.root, head.mac, head.at, head.keyId, head.headKeyId, head.signature]
    const isHead = Number.isSafeInteger(head.block) && texts.every((text) => typeof text === 'string')
    return isHead ? (head as Head) : undefined
  } catch {
    return undefined
  }
}

export function isSignedBy(key: HeadKey, { signature, ...told }: Head): boolean {
  return verify(null, Buffer.from(canonicalJson(told)), key.open, Buffer.from(signature, 'base64'))
}
