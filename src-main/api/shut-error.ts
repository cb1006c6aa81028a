import { shutWords, type ShutCode } from '../endpoints/shut-codes.ts'

/** Why the console is not served to others: it never keeps a gateway from recording. */
export class ShutError extends Error {
  override readonly name = 'ShutError'
  readonly code: ShutCode
  readonly detail: string

  constructor(code: ShutCode, detail: string) {
    super(shutWords[code].replace('{detail}', () => detail))
    this.code = code
    this.detail = detail
  }
}
