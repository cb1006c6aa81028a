/**
 * Why a rendering could not be made.
 *
 * - `verifier_missing`: the verifier that an HTML rendering carries has not been built.
 */
export type DocumentErrorCode = 'verifier_missing'

/** The one error class of the documents layer. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly code: DocumentErrorCode
  /** What to do about it. */
  readonly next: string

  constructor(code: DocumentErrorCode, message: string, next: string) {
    super(message)
    this.code = code
    this.next = next
  }
}
