import type { ApiCode } from '../endpoints/refusals.ts'
import { PlumblineError } from '../wire/plumbline-error.ts'

/** Why a request was not answered as asked, or why the server could not begin. */
export type ApiErrorCode = ApiCode | 'no_free_port' | 'port_taken' | 'not_loopback'

/** The JSON that every refused request gets. */
export interface ErrorBody {
  readonly code: string
  /** What was wrong, and where. */
  readonly message: string
  /** What to do about it. */
  readonly next: string
  /** For `invalid_request`: each field that did not fit, by its path. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[]
  /** For `too_many_attempts`: how long the name is paused. */
  readonly waitSeconds?: number
}

/** An operating error of the API, with the HTTP status it becomes. Handlers may throw it too. */
export class ApiError extends PlumblineError<ApiErrorCode> {
  override readonly name = 'ApiError'
  readonly status: number
  readonly details: Pick<ErrorBody, 'issues' | 'waitSeconds'>

  constructor(
    status: number,
    code: ApiErrorCode,
    message: string,
    next: string,
    details: Pick<ErrorBody, 'issues' | 'waitSeconds'> = {},
  ) {
    super(code, message, next)
    this.status = status
    this.details = details
  }

  toBody(): ErrorBody {
    return { code: this.code, message: this.message, next: this.next, ...this.details }
  }
}
