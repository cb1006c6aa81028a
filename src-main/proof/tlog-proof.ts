/**
 * C2SP tlog-proof: one entry's inclusion path together with the checkpoint that it leads to, as a text file.
 * https://c2sp.org/tlog-proof
 */
import { fromBase64, toBase64 } from '../wire/bytes.ts'
import type { LeafIndex } from '../wire/ids.ts'
import { parseCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { ProofError } from './errors.ts'
import { leafHash, verifyInclusion } from './merkle.ts'

const HEADER = 'c2sp.org/tlog-proof@v1'
const MAX_PATH = 63
const MAX_PROOF_LENGTH = 128 * 1024

export interface TlogProof {
  readonly index: LeafIndex
  readonly path: readonly Uint8Array[]
  /** The signed checkpoint, as text. */
  readonly checkpoint: string
}

export function formatTlogProof(proof: TlogProof): string {
  const hashes = proof.path.map((hash) => `${toBase64(hash)}\n`).join('')
  return `${HEADER}\nindex ${proof.index}\n${hashes}\n${proof.checkpoint}`
}

/** Reads a proof file. Throws ProofError `malformed_proof`. An "extra" line is passed over: nothing here uses it. */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > MAX_PROOF_LENGTH) refuse(`is longer than ${MAX_PROOF_LENGTH} characters`)
  const split = text.indexOf('\n\n')
  if (split < 0) refuse('has no empty line before its checkpoint')
  const [header, ...rest] = text.slice(0, split).split('\n')
  if (header !== HEADER) refuse(`does not begin with ${HEADER}`)
  if (rest[0]?.startsWith('extra ')) rest.shift()
  const indexText = /^index (0|[1-9][0-9]{0,15})$/.exec(rest.shift() ?? '')?.[1]
  if (indexText === undefined || !Number.isSafeInteger(Number(indexText))) return refuse('has no index line')
  if (rest.length > MAX_PATH) refuse(`has ${rest.length} hashes`)
  return { index: Number(indexText), path: rest.map(hashOf), checkpoint: text.slice(split + 2) }
}

/**
 * Shows that `entry` stands at the proof's index under its checkpoint, whose signatures the caller still has to weigh.
 * Throws ProofError.
 */
export function verifyTlogProof(proof: TlogProof, entry: Uint8Array): Checkpoint {
  const checkpoint = parseCheckpoint(proof.checkpoint)
  const { size, root } = checkpoint
  verifyInclusion({ index: proof.index, size, leafHash: leafHash(entry), path: proof.path, root })
  return checkpoint
}

function hashOf(line: string): Uint8Array {
  let hash: Uint8Array
  try {
    hash = fromBase64(line)
  } catch {
    return refuse('holds a hash that is not padded base64')
  }
  return hash.length === 32 ? hash : refuse(`holds a hash of ${hash.length} bytes`)
}

function refuse(what: string): never {
  throw new ProofError('malformed_proof', `tlog proof ${what}`)
}
