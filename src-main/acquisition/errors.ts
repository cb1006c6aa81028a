/** What can go wrong in acquisition, by a code that callers may switch on. */
export type AcquisitionErrorCode =
  | 'bad_configuration'
  | 'unknown_source'
  | 'unknown_stream'
  | 'no_certificate'
  | 'fingerprint_differs'
  | 'other_certificate_pinned'
  | 'not_supported'
  | 'worker_failed'

/** The one error class of this package. The message says what and where, `next` what to do about it. */
export class AcquisitionError extends Error {
  readonly code: AcquisitionErrorCode
  /** One sentence or two. */
  readonly next: string

  constructor(code: AcquisitionErrorCode, message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AcquisitionError'
    this.code = code
    this.next = next
  }
}

/** The text of whatever was thrown; drivers pass foreign errors on as a reason. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  return String(error)
}
