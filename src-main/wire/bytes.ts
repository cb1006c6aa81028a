import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { base64, base64urlnopad } from '@scure/base'
import { messageOf } from './plumbline-error.ts'
import { WireError } from './errors.ts'

const encoder = new TextEncoder()
// ignoreBOM keeps a leading U+FEFF: without it two different byte strings would decode to one text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex of any byte string. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += hexOfByte[bytes[i]!]
  return text
}

/** Reads hex with lower-case digits only, so that every byte string has one text. Throws WireError `malformed_bytes`. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0) throw new WireError('malformed_bytes', `hex has an odd length of ${text.length}`)
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = hexDigit(text.charCodeAt(2 * i))
    const low = hexDigit(text.charCodeAt(2 * i + 1))
    if (high < 0 || low < 0) {
      throw new WireError('malformed_bytes', `hex holds a character other than 0-9 a-f near position ${2 * i}`)
    }
    bytes[i] = (high << 4) | low
  }
  return bytes
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  return -1
}

/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes)
}

/** Reads unpadded base64url; refuses padding, other characters and non-zero spare bits. Throws WireError `malformed_bytes`. */
export function fromBase64Url(text: string): Uint8Array {
  return readBase(() => base64urlnopad.decode(text), 'base64url without padding')
}

/** RFC 4648 section 4, padded: the alphabet of signed notes. */
export function toBase64(bytes: Uint8Array): string {
  return base64.encode(bytes)
}

/** Reads padded base64; refuses missing padding and non-zero spare bits. Throws WireError `malformed_bytes`. */
export function fromBase64(text: string): Uint8Array {
  return readBase(() => base64.decode(text), 'padded base64')
}

function readBase(read: () => Uint8Array, expected: string): Uint8Array {
  try {
    return read()
  } catch (cause) {
    throw new WireError('malformed_bytes', `not ${expected}: ${messageOf(cause)}`)
  }
}

/**
 * A plain copy. `slice` would not do: Node's Buffer is a Uint8Array whose `slice` shares memory with its origin.
 */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Equality of public bytes; not constant-time, so never for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Bytewise lexicographic order; a prefix comes before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** UTF-8 of a text. Throws WireError `unencodable` for a lone surrogate, which UTF-8 cannot carry. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  if (!text.isWellFormed()) throw new WireError('unencodable', 'text holds a lone surrogate and has no UTF-8 form')
  return encoder.encode(text)
}

/** Text of UTF-8 bytes, byte-exact in both directions. Throws WireError `malformed_bytes`. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new WireError('malformed_bytes', `${bytes.length} bytes are not valid UTF-8`)
  }
}

/** SHA-256 of some bytes: `sha256` of this file, or the addon's where speed counts. */
export type Hash = (bytes: Uint8Array) => Uint8Array

export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nobleSha256(bytes)
}

/** SHA-256 of several byte strings, one after the other. */
export function sha256Of(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = nobleSha256.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Whether `part` stands anywhere in `bytes`. Linear for parts that begin with a rare byte. */
export function includesBytes(bytes: Uint8Array, part: Uint8Array): boolean {
  const [first] = part
  if (first === undefined) return true
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let length = 1
    while (length < part.length && bytes[at + length] === part[length]) length++
    if (length === part.length) return true
  }
  return false
}
