/**
 * Why a rendering could not be made or read.
 *
 * - `verifier_missing`: the verifier that an HTML rendering carries has not been built.
 * - `template_unknown`: the page follows a template that this program does not have.
 * - `nothing_embedded`: a PDF or HTML file that holds no certificate.
 * - `several_embedded`: more than one, so that nobody can say which one is meant.
 * - `unreadable`: the file is damaged or was written by another program in a form that is not read here.
 */
export type DocumentErrorCode =
  | 'verifier_missing'
  | 'template_unknown'
  | 'nothing_embedded'
  | 'several_embedded'
  | 'unreadable'

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
