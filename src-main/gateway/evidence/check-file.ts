/** Checks a file of any kind on this machine: the certificate in it, and its page against the one that is drawn here. */
import { loadAddon } from '../../../native/addon.ts'
import { readCredential } from '../../certificates/credential.ts'
import { checkDocument } from '../../certificates/document.ts'
import type { DocumentCheck } from '../../certificates/document-check.ts'
import { drawHtmlPage } from '../../certificates/draw-page.ts'
import { carriedCertificate, severalEmbedded } from '../../certificates/embedding.ts'
import { loadEngine } from '../../documents/engine.ts'
import { loadVerifierScript } from '../../documents/html.ts'
import { installedFonts } from '../../documents/font-files.ts'
import { renderPdf } from '../../documents/pdf.ts'
import { sha256, toHex, utf8 } from '../../wire/bytes.ts'

/**
 * `policies` came another way than the file: pinned, or named by the caller.
 * Throws CertificateError for a file in which no certificate, or more than one, is found.
 */
export async function checkFile(bytes: Uint8Array, policies: readonly string[], fileName = ''): Promise<DocumentCheck> {
  return await checkDocument(bytes, {
    policies,
    fileName,
    engine: loadEngine(),
    verifySignature: loadAddon().verify,
    ownScript: () => toHex(sha256(utf8(loadVerifierScript()))),
    renderPage: async (kind, certificate, page) =>
      kind === 'html' ? drawHtmlPage(certificate, page) : await renderPdf(certificate, installedFonts),
  })
}

/**
 * The policy that a certificate file encloses, to be compared before it is pinned; null for a file that is no certificate. Only the
 * file's form is read: nothing in it is checked or run.
 * Throws CertificateError for a PDF or HTML page in which no certificate, or more than one, is found.
 */
export function enclosedPolicy(bytes: Uint8Array): string | null {
  const { kind, certificate, isAmbiguous } = carriedCertificate(bytes)
  if (isAmbiguous) throw severalEmbedded(kind)
  try {
    const policy = readCredential(certificate).evidenceMember('policy')
    return typeof policy === 'string' ? policy : null
  } catch {
    return null
  }
}
