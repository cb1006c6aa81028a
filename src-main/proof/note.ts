/**
 * C2SP signed notes: a text, an empty line, and signature lines "— name base64(key hash ‖ signature)".
 * A signature by an unknown key says nothing; one by a known key that fails makes the whole note bad.
 * https://c2sp.org/signed-note
 */
import { concatBytes, equalBytes, fromBase64, fromUtf8, sha256, toBase64, toHex, utf8 } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import { KEY_ALGORITHM } from '../wire/ids.ts'
import { ProofError } from './errors.ts'
import { checkPublicKey, verifySignature } from './signature.ts'

/** Signature types used here: 0x01 Ed25519 over the text, 0x04 Ed25519 cosignature/v1. */
export const NOTE_KEY_TYPE = { ed25519: 0x01, cosignature: 0x04 } as const
export type NoteKeyType = (typeof NOTE_KEY_TYPE)[keyof typeof NOTE_KEY_TYPE]

const MAX_NOTE_BYTES = 64 * 1024
const MAX_SIGNATURE_LINES = 100
const LINE_START = '— '

/** One signature line. `signature` is what follows the 4-byte key hash. */
export interface NoteSignature {
  readonly name: string
  readonly keyHash: Uint8Array
  readonly signature: Uint8Array
  /** The line as it stands, without its newline. */
  readonly line: string
}

/** A parsed note. `text` ends with a newline; nothing is verified yet. */
export interface Note {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A key that can check lines. */
export interface NoteVerifier {
  readonly name: string
  readonly type: NoteKeyType
  readonly keyHash: Uint8Array
  readonly publicKey: Uint8Array
  /** Does `signature` (a line's, without key hash) count for `text`? */
  verify(text: string, signature: Uint8Array): boolean
}

/** First 4 bytes of SHA-256(name ‖ "\n" ‖ type ‖ public key). */
export function noteKeyHash(name: string, type: NoteKeyType, publicKey: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).slice(0, 4)
}

/** Verifier key text: `name+hex key hash+base64(type ‖ public key)`. */
export function formatVerifierKey(name: string, type: NoteKeyType, publicKey: Uint8Array): string {
  checkName(name)
  const encoded = toBase64(concatBytes(Uint8Array.of(type), publicKey))
  return `${name}+${toHex(noteKeyHash(name, type, publicKey))}+${encoded}`
}

/** Parts of a verifier key text, its hash and key checked. Throws ProofError `malformed_note`. */
export function parseVerifierKey(text: string): { name: string; type: NoteKeyType; publicKey: Uint8Array } {
  // The key itself may hold "+" (base64), so only the first two separate.
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text)
  if (match === null) return refuse(`verifier key ${JSON.stringify(text.slice(0, 80))} is not name+hash+key`)
  const [, name, hash, encoded] = match as unknown as [string, string, string, string]
  checkName(name)
  const bytes = base64Of(encoded, 'verifier key')
  const type = bytes[0]
  if (type !== NOTE_KEY_TYPE.ed25519 && type !== NOTE_KEY_TYPE.cosignature) {
    return refuse(`verifier key of ${name} has the signature type ${type}, which is not read here`)
  }
  const publicKey = bytes.slice(1)
  if (!checkPublicKey(KEY_ALGORITHM.ed25519, publicKey)) refuse(`verifier key of ${name} is no sound Ed25519 key`)
  if (toHex(noteKeyHash(name, type, publicKey)) !== hash) refuse(`verifier key of ${name} does not match its hash`)
  return { name, type, publicKey }
}

/** A verifier for type 0x01: plain Ed25519 over the text. */
export function noteVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  checkName(name)
  return {
    name,
    type: NOTE_KEY_TYPE.ed25519,
    keyHash: noteKeyHash(name, NOTE_KEY_TYPE.ed25519, publicKey),
    publicKey,
    verify: (text, signature) => verifySignature(KEY_ALGORITHM.ed25519, publicKey, utf8(text), signature),
  }
}

/** Signs `text` with a type 0x01 key and gives the line, from "— " on, without a newline. */
export function signatureLine(input: {
  readonly text: string
  readonly name: string
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}): string {
  checkText(input.text)
  const keyHash = noteKeyHash(input.name, NOTE_KEY_TYPE.ed25519, input.publicKey)
  return formatSignatureLine(input.name, keyHash, input.sign(utf8(input.text)))
}

export function formatSignatureLine(name: string, keyHash: Uint8Array, signature: Uint8Array): string {
  checkName(name)
  return `${LINE_START}${name} ${toBase64(concatBytes(keyHash, signature))}`
}

/** A note's text with its lines. Throws ProofError `malformed_note`. */
export function formatNote(text: string, lines: readonly string[]): string {
  checkText(text)
  if (lines.length === 0) refuse('a note needs at least one signature line')
  for (const line of lines) parseSignatureLine(line)
  return `${text}\n${lines.map((line) => `${line}\n`).join('')}`
}

/** Reads a note. Throws ProofError `malformed_note`, saying where. */
export function parseNote(note: string | Uint8Array): Note {
  const whole = typeof note === 'string' ? note : textOf(note)
  if (whole.length > MAX_NOTE_BYTES) refuse(`note of ${whole.length} characters; at most ${MAX_NOTE_BYTES}`)
  // The last empty line separates: the text itself may hold others.
  const split = whole.lastIndexOf('\n\n')
  if (split < 0) return refuse('note has no empty line before its signatures')
  const text = whole.slice(0, split + 1)
  checkText(text)
  const tail = whole.slice(split + 2)
  if (!tail.endsWith('\n')) return refuse('note does not end with a newline')
  const lines = tail.slice(0, -1).split('\n')
  if (lines.length > MAX_SIGNATURE_LINES) refuse(`note has ${lines.length} signature lines`)
  return { text, signatures: lines.map(parseSignatureLine) }
}

/** Reads one line, given without its newline. */
export function parseSignatureLine(line: string): NoteSignature {
  const space = line.indexOf(' ', LINE_START.length)
  if (!line.startsWith(LINE_START) || space < 0) {
    return refuse(`${JSON.stringify(line.slice(0, 80))} is no signature line`)
  }
  const name = line.slice(LINE_START.length, space)
  checkName(name)
  const bytes = base64Of(line.slice(space + 1), `signature of ${name}`)
  if (bytes.length < 5) return refuse(`signature of ${name} is shorter than its key hash`)
  return { name, keyHash: bytes.slice(0, 4), signature: bytes.slice(4), line }
}

/** Does this line name the verifier's key? Says nothing about the signature. */
export function isSignedBy(signature: NoteSignature, verifier: NoteVerifier): boolean {
  return signature.name === verifier.name && equalBytes(signature.keyHash, verifier.keyHash)
}

/** True when `line` says that it is by this very key; whether it is, `verifyLine` tells. */
export function claims(verifier: NoteVerifier, line: string): boolean {
  try {
    return isSignedBy(parseSignatureLine(line), verifier)
  } catch (error) {
    if (error instanceof ProofError || error instanceof WireError) return false
    throw error
  }
}

/** True when `line` is a good signature of this very key over `text`; never throws on a malformed line. */
export function verifyLine(verifier: NoteVerifier, text: string, line: string): boolean {
  try {
    const signature = parseSignatureLine(line)
    return isSignedBy(signature, verifier) && verifier.verify(text, signature.signature)
  } catch (error) {
    if (error instanceof ProofError || error instanceof WireError) return false
    throw error
  }
}

/**
 * Lines of the note that the given keys signed, one a key. Lines by other keys are passed over; a line by a given key
 * that does not verify throws ProofError `bad_signature`.
 */
export function verifiedSignatures(
  note: Note,
  verifiers: readonly NoteVerifier[],
): { verifier: NoteVerifier; signature: NoteSignature }[] {
  const verified: { verifier: NoteVerifier; signature: NoteSignature }[] = []
  for (const verifier of verifiers) {
    const signature = note.signatures.find((candidate) => isSignedBy(candidate, verifier))
    if (signature === undefined) continue
    if (!verifier.verify(note.text, signature.signature)) {
      throw new ProofError('bad_signature', `the signature of ${verifier.name} does not fit the note's text`)
    }
    verified.push({ verifier, signature })
  }
  return verified
}

/** Key names: not empty, no Unicode space, no plus sign, no control character. */
function checkName(name: string): void {
  if (name === '' || /[\s+\p{Cc}\p{Z}]/u.test(name) || !name.isWellFormed()) {
    refuse(`key name ${JSON.stringify(name.slice(0, 80))} is empty or holds a space, control character or "+"`)
  }
}

function checkText(text: string): void {
  if (!text.endsWith('\n')) refuse('note text does not end with a newline')
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(text) || !text.isWellFormed())
    refuse('note text holds a control character')
}

function base64Of(text: string, what: string): Uint8Array {
  try {
    return fromBase64(text)
  } catch {
    return refuse(`${what} is not padded base64`)
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return refuse('note is not valid UTF-8')
  }
}

function refuse(what: string): never {
  throw new ProofError('malformed_note', what)
}
