import { PlumblineError } from '../wire/plumbline-error.ts'

/**
 * Why a rendering could not be made.
 *
 * - `verifier_missing`: the verifier that an HTML rendering carries has not been built.
 */
export type DocumentErrorCode = 'verifier_missing'

/** The one error class of the documents layer. */
export class DocumentError extends PlumblineError<DocumentErrorCode> {
  override readonly name = 'DocumentError'
}
