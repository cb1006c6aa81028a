import { PlumblineError } from '../wire/plumbline-error.ts'

/** Why a proof does not hold or could not be read. Stable: other programs may switch on it. */
export type ProofErrorCode =
  | 'malformed_proof'
  | 'malformed_note'
  | 'malformed_checkpoint'
  | 'malformed_policy'
  | 'malformed_tile'
  | 'malformed_receipt'
  | 'index_out_of_range'
  | 'wrong_length'
  | 'root_mismatch'
  | 'key_mismatch'
  | 'not_neighbours'
  | 'bad_signature'
  | 'not_provable'

const DIFFERS = 'Do not rely on it: ask for it again, and if it stays so, ask whoever gave it what was changed.'
const OTHERWISE = 'Take it again from where it came from: it was damaged on the way, or is something else.'
const NEXT: Partial<Record<ProofErrorCode, string>> = {
  root_mismatch: DIFFERS,
  bad_signature: DIFFERS,
  key_mismatch: 'Compare the key with the one that its owner names on another way.',
  index_out_of_range: 'Ask for a position below the size of the tree.',
  not_provable: 'Ask for a position and a size that the tree has.',
}

/** The error class of the proof layer. A proof that fails throws; nothing returns a half-truth. */
export class ProofError extends PlumblineError<ProofErrorCode> {
  override readonly name = 'ProofError'

  constructor(code: ProofErrorCode, message: string) {
    super(code, message, NEXT[code] ?? OTHERWISE)
  }
}
