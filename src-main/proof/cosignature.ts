/**
 * C2SP cosignature/v1 (type 0x04): a gateway or witness states that at a time it saw this checkpoint and no smaller or
 * other one. The signed message is "cosignature/v1\ntime N\n" and the checkpoint's text; the line carries the time.
 * https://c2sp.org/tlog-cosignature
 */
import { concatBytes, utf8 } from '../wire/bytes.ts'
import { KEY_ALGORITHM } from '../wire/ids.ts'
import { ProofError } from './errors.ts'
import { formatSignatureLine, NOTE_KEY_TYPE, noteKeyHash } from './note.ts'
import type { NoteSignature, NoteVerifier } from './note.ts'
import { verifySignature } from './signature.ts'

const TIME_BYTES = 8

/** What a cosigner signs; time in whole seconds since the epoch, by its own clock. */
export function cosignedMessage(text: string, timeSeconds: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timeSeconds}\n${text}`)
}

/** Cosigns a checkpoint's text and gives the line, from "— " on, without a newline. */
export function cosignatureLine(input: {
  readonly text: string
  readonly name: string
  readonly timeSeconds: number
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}): string {
  if (!Number.isSafeInteger(input.timeSeconds) || input.timeSeconds < 0) {
    throw new ProofError('malformed_note', `cosignature time ${input.timeSeconds} is not whole seconds`)
  }
  const time = new Uint8Array(TIME_BYTES)
  new DataView(time.buffer).setBigUint64(0, BigInt(input.timeSeconds))
  const signature = input.sign(cosignedMessage(input.text, input.timeSeconds))
  const keyHash = noteKeyHash(input.name, NOTE_KEY_TYPE.cosignature, input.publicKey)
  return formatSignatureLine(input.name, keyHash, concatBytes(time, signature))
}

/** A verifier for type 0x04. */
export function cosignerVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  return {
    name,
    type: NOTE_KEY_TYPE.cosignature,
    keyHash: noteKeyHash(name, NOTE_KEY_TYPE.cosignature, publicKey),
    publicKey,
    verify(text, signature) {
      const time = timeOf(signature)
      if (time === null) return false
      const message = cosignedMessage(text, time)
      return verifySignature(KEY_ALGORITHM.ed25519, publicKey, message, signature.subarray(TIME_BYTES))
    },
  }
}

/** Time in seconds that a cosignature line states. Throws ProofError `malformed_note`. */
export function cosignatureTime(signature: NoteSignature): number {
  const time = timeOf(signature.signature)
  if (time === null) throw new ProofError('malformed_note', `the line of ${signature.name} is no cosignature`)
  return time
}

function timeOf(signature: Uint8Array): number | null {
  if (signature.length !== TIME_BYTES + 64) return null
  const time = new DataView(signature.buffer, signature.byteOffset, TIME_BYTES).getBigUint64(0)
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : null
}
