import { shutNext, shutWords, type ShutCode } from '../endpoints/shut-codes.ts'
import { PlumblineError } from '../wire/plumbline-error.ts'

/** Why the console is not served to others: it never keeps a gateway from recording. */
export class ShutError extends PlumblineError<ShutCode> {
  override readonly name = 'ShutError'
  readonly detail: string

  constructor(code: ShutCode, detail: string) {
    super(
      code,
      shutWords[code].replace('{detail}', () => detail),
      shutNext[code],
    )
    this.detail = detail
  }
}
