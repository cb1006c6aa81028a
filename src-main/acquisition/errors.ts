import { PlumblineError } from '../wire/plumbline-error.ts'

/** What can go wrong in acquisition, by a code that callers may switch on. */
export type AcquisitionErrorCode =
  | 'unknown_source'
  | 'unknown_stream'
  | 'no_certificate'
  | 'fingerprint_differs'
  | 'other_certificate_pinned'
  | 'not_supported'
  | 'worker_failed'

/** The error class of acquisition; what a device answers is a fault of its driver. */
export class AcquisitionError extends PlumblineError<AcquisitionErrorCode> {
  override readonly name = 'AcquisitionError'
}
