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

/** The one error class of the proof layer. A proof that fails throws; nothing returns a half-truth. */
export class ProofError extends Error {
  override readonly name = 'ProofError'
  readonly code: ProofErrorCode

  constructor(code: ProofErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
