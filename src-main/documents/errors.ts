/**
 * Why a rendering could not be made.
 *
 * - `verifier_missing`: the verifier that an HTML rendering carries has not been built.
 * - `template_unknown`: the page follows a template that this program does not have.
 */
export type DocumentErrorCode = 'verifier_missing' | 'template_unknown'

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
