/** What can go wrong in acquisition, by a code that callers may switch on. */
export type AcquisitionErrorCode =
  | 'bad_configuration'
  | 'unknown_source'
  | 'unknown_stream'
  | 'no_certificate'
  | 'fingerprint_differs'
  | 'not_supported'
  | 'worker_failed'

/** The one error class of this package. The message says what, where and what to do next. */
export class AcquisitionError extends Error {
  readonly code: AcquisitionErrorCode

  constructor(code: AcquisitionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AcquisitionError'
    this.code = code
  }
}

/** The text of whatever was thrown; drivers pass foreign errors on as a reason. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  return String(error)
}
