/** Why bytes or text could not be read or written. Stable: other programs may switch on it. */
export type WireErrorCode =
  | 'malformed_bytes'
  | 'malformed_id'
  | 'malformed_cbor'
  | 'not_deterministic'
  | 'too_large'
  | 'too_deep'
  | 'trailing_bytes'
  | 'duplicate_key'
  | 'unencodable'
  | 'malformed_json'
  | 'malformed_leaf'
  | 'malformed_rows'
  | 'malformed_payload'
  | 'malformed_entry'
  | 'malformed_statement'
  | 'malformed_event'
  | 'malformed_state'
  | 'unknown_version'
  | 'unknown_unit'

/** The one error class of the wire layer. The message says what was wrong, where, and what was expected. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly code: WireErrorCode

  constructor(code: WireErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
