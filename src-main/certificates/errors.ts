import { PlumblineError } from '../wire/plumbline-error.ts'
import type { LooksLike } from './looks-like.ts'

/**
 * Why a certificate could not be made or read.
 *
 * - `material_incomplete`: the ledger handed over less than a certificate needs; the message names the piece.
 * - `not_conclusive`: the examination that every verifier runs did not pass over the material itself.
 * - `malformed_policy`: a text that was to be a trust policy is none.
 * - `no_certificate`: bytes in which nothing of a certificate is found. A certificate that was damaged is changed, and no error.
 * - `unreadable`: more than is read here, or a page whose certificate is cut. Nothing is said of a file that was not read.
 * - `nothing_embedded`: a PDF or HTML page in which no certificate is found.
 * - `several_embedded`: a PDF or HTML page out of which different programs could take different certificates.
 */
export type CertificateErrorCode =
  | 'material_incomplete'
  | 'not_conclusive'
  | 'malformed_policy'
  | 'no_certificate'
  | 'unreadable'
  | 'nothing_embedded'
  | 'several_embedded'

/** The one error class of the certificates layer. What is wrong with a certificate is never one: there, a step stops. */
export class CertificateError extends PlumblineError<CertificateErrorCode> {
  override readonly name = 'CertificateError'
  /** Of `no_certificate`: what the bytes look like instead. */
  readonly looksLike: LooksLike | undefined

  constructor(code: CertificateErrorCode, message: string, next: string, looksLike?: LooksLike) {
    super(code, message, next)
    this.looksLike = looksLike
  }
}
