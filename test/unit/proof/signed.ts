import { ed25519 } from '@noble/curves/ed25519.js'
import { cosignerName, formatCheckpoint } from '../../../src-main/proof/checkpoint.ts'
import { cosignatureLine } from '../../../src-main/proof/cosignature.ts'
import { inclusionPath, leafHash, leavesSource, rootOf } from '../../../src-main/proof/merkle.ts'
import type { HashSource } from '../../../src-main/proof/merkle.ts'
import { formatNote, signatureLine } from '../../../src-main/proof/note.ts'
import { sha256, utf8 } from '../../../src-main/wire/bytes.ts'
import { parseChannelId } from '../../../src-main/wire/ids.ts'
import { originOf } from '../../../src-main/wire/origin.ts'

/** A small log with fixed keys, signed by one log key and three gateways. */
export interface TestKey {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

export function testKey(name: string): TestKey {
  const secret = sha256(utf8(`secret of ${name}`))
  return { publicKey: ed25519.getPublicKey(secret), sign: (message) => ed25519.sign(message, secret) }
}

export const channel = parseChannelId('0123456789abcdef'.repeat(4))
export const origin = originOf(channel)
export const logKey = testKey('log')
export const gateways = ['gateway-1', 'gateway-2', 'gateway-3'].map((name) => ({
  name: cosignerName(channel, name),
  key: testKey(name),
}))
export const entries = Array.from({ length: 20 }, (_, i) => utf8(`entry ${i}`))
export const source: HashSource = leavesSource(entries.map((entry) => leafHash(entry)))
export const TIME = 1_774_915_200

export function checkpointText(size: number): string {
  return formatCheckpoint({ origin, size, root: rootOf(size, source) })
}

/** Signature lines over `text`: the log's, then those of the first `cosigners` gateways. */
export function linesOver(text: string, cosigners: number): string[] {
  const log = signatureLine({ text, name: origin, ...logKey })
  const others = gateways
    .slice(0, cosigners)
    .map(({ name, key }, i) => cosignatureLine({ text, name, timeSeconds: TIME + i, ...key }))
  return [log, ...others]
}

export function signedCheckpoint(size: number, cosigners: number): string {
  const text = checkpointText(size)
  return formatNote(text, linesOver(text, cosigners))
}

export function pathOf(index: number, size: number): Uint8Array[] {
  return inclusionPath(index, size, source)
}
