/**
 * C2SP checkpoints: the signed head of the ledger tree. Three lines - origin, size, root - and no extension lines.
 * https://c2sp.org/tlog-checkpoint
 */
import { fromBase64, toBase64 } from '../wire/bytes.ts'
import type { ChannelId, TreeSize } from '../wire/ids.ts'
import { originOf } from '../wire/origin.ts'
import { ProofError } from './errors.ts'
import { parseNote } from './note.ts'
import type { Note } from './note.ts'

/** More lines than this are refused, so that checking a checkpoint has a bounded cost. */
export const MAX_CHECKPOINT_SIGNATURES = 16

export interface CheckpointBody {
  readonly origin: string
  readonly size: TreeSize
  readonly root: Uint8Array
}

export interface Checkpoint extends CheckpointBody {
  readonly note: Note
}

/** Name under which a gateway cosigns. */
export function cosignerName(channel: ChannelId, gatewayName: string): string {
  return `${originOf(channel)}/${gatewayName}`
}

/** The text that is signed: three lines, each with its newline. */
export function formatCheckpoint(body: CheckpointBody): string {
  if (body.origin === '' || body.origin.includes('\n')) refuse(`origin ${JSON.stringify(body.origin)}`)
  if (!Number.isSafeInteger(body.size) || body.size < 0) refuse(`tree size ${body.size}`)
  if (body.root.length !== 32) refuse(`root of ${body.root.length} bytes`)
  return `${body.origin}\n${body.size}\n${toBase64(body.root)}\n`
}

/** Reads the text without signatures. Throws ProofError `malformed_checkpoint`. */
export function parseCheckpointBody(text: string): CheckpointBody {
  const lines = text.split('\n')
  if (lines.length !== 4 || lines[3] !== '') refuse('is not exactly three lines')
  const [origin, sizeText, rootText] = lines as [string, string, string, string]
  if (origin === '') refuse('has no origin')
  if (!/^(0|[1-9][0-9]{0,15})$/.test(sizeText)) refuse(`has the tree size ${JSON.stringify(sizeText.slice(0, 40))}`)
  const size = Number(sizeText)
  if (!Number.isSafeInteger(size)) refuse(`has a tree size beyond 2^53: ${sizeText}`)
  const root = rootOf(rootText)
  if (root.length !== 32) refuse(`has a root of ${root.length} bytes, not 32`)
  return { origin, size, root }
}

function rootOf(text: string): Uint8Array {
  try {
    return fromBase64(text)
  } catch {
    return refuse('has a root that is not padded base64')
  }
}

/** Reads a whole checkpoint, signatures unverified. Throws ProofError `malformed_note` or `malformed_checkpoint`. */
export function parseCheckpoint(signedNote: string | Uint8Array): Checkpoint {
  const note = parseNote(signedNote)
  if (note.signatures.length > MAX_CHECKPOINT_SIGNATURES) {
    refuse(`has ${note.signatures.length} signature lines; at most ${MAX_CHECKPOINT_SIGNATURES} are read`)
  }
  return { ...parseCheckpointBody(note.text), note }
}

function refuse(what: string): never {
  throw new ProofError('malformed_checkpoint', `checkpoint ${what}`)
}
