import { PlumblineError } from './plumbline-error.ts'

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

const OTHERWISE = 'Take it again from where it came from: it was damaged on the way, or made by another program.'
const NEXT: Partial<Record<WireErrorCode, string>> = {
  too_large: 'Give less at once: every length has a limit.',
  too_deep: 'Give it with fewer things inside each other: depth has a limit.',
  unencodable: 'Leave out or correct the value that is named: the format has no form for it.',
  malformed_id: 'Copy the whole id from where it is shown.',
  malformed_json: 'Correct the JSON at the place that is named.',
  duplicate_key: 'Leave one of the two that have the same name.',
  unknown_version: 'Use the release of Plumbline that wrote it, or a newer one.',
  unknown_unit: 'Write a unit in its UCUM form; "plumbline config schema" names them.',
}

/** The error class of the wire layer. The message says what was wrong, where, and what was expected. */
export class WireError extends PlumblineError<WireErrorCode> {
  override readonly name = 'WireError'

  constructor(code: WireErrorCode, message: string) {
    super(code, message, NEXT[code] ?? OTHERWISE)
  }
}
