/** The console's answer about a file: the same check as the command line's, with what a browser can draw. */
import { checkDocument } from '../../src-main/certificates/document.ts'
import type { DocumentCheck } from '../../src-main/certificates/document-check.ts'
import { drawHtmlPage } from '../../src-main/certificates/draw-page.ts'
import type { GivenPage } from '../../src-main/certificates/draw-page.ts'
import { CertificateError } from '../../src-main/certificates/errors.ts'
import type { CertificateErrorCode } from '../../src-main/certificates/errors.ts'
import type { LooksLike } from '../../src-main/certificates/looks-like.ts'

/** A file that was not checked, because no single certificate is found in it. */
export interface Refusal {
  code: Extract<CertificateErrorCode, 'no_certificate' | 'unreadable' | 'nothing_embedded' | 'several_embedded'>
  /** What was expected, in English. */
  message: string
  /** Of `no_certificate`: what the file looks like instead. */
  looksLike?: LooksLike | undefined
}

export type CheckAnswer = { result: DocumentCheck } | { refused: Refusal } | { error: string }

export interface CheckMeans {
  engine: () => Promise<Uint8Array>
  /** SHA-256 in hex of the verifier script that this build puts into its HTML pages. */
  ownScript: string
  /** Null where PDF pages are not drawn, so that they are not compared either. */
  drawPdf: ((certificate: Uint8Array, page: GivenPage) => Promise<Uint8Array>) | null
}

/** `policies`: the texts on which this verifier relies. Never rejects. */
export async function answerFor(
  file: Uint8Array,
  fileName: string,
  policies: string[],
  means: CheckMeans,
): Promise<CheckAnswer> {
  try {
    const result = await checkDocument(file, {
      policies,
      fileName,
      engine: await means.engine(),
      ownScript: () => means.ownScript,
      renderPage: async (kind, certificate, page) =>
        kind === 'html' ? drawHtmlPage(certificate, page) : ((await means.drawPdf?.(certificate, page)) ?? null),
    })
    return { result }
  } catch (error) {
    if (!(error instanceof CertificateError)) return { error: error instanceof Error ? error.message : String(error) }
    const { code, message, looksLike } = error
    switch (code) {
      case 'no_certificate':
      case 'unreadable':
      case 'nothing_embedded':
      case 'several_embedded':
        return { refused: { code, message, looksLike } }
      default:
        return { error: message }
    }
  }
}
