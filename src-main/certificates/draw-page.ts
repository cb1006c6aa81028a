/** Drawing the page of a certificate again, to compare it with one that was given. */
import { fromUtf8, utf8 } from '../wire/bytes.ts'
import { composeHtml } from './render-html.ts'

/** What of a given page its drawing depends on beside the certificate. */
export interface GivenPage {
  bytes: Uint8Array
  /** Of an HTML page: the bytes of the verifier that it carries. */
  verifierScript: Uint8Array | null
}

/** Throws StepStop or WireError for bytes out of which no page can be drawn. */
export function drawHtmlPage(certificate: Uint8Array, page: GivenPage): Uint8Array {
  return utf8(composeHtml(certificate, fromUtf8(page.verifierScript ?? new Uint8Array())))
}
