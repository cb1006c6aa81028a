/**
 * The check of a file as people send it: a .plumb, or a PDF or HTML page that carries one. Whoever looks at a page believes the page, so it
 * is vouched for only where it equals, byte for byte, the page that is drawn from its certificate here. Then every program takes the same
 * certificate out of it, whichever way it looks.
 */
import { equalBytes, sha256, toHex } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import { certifiedOf } from './certified.ts'
import type { DocumentCheck, Page, PageReason } from './document-check.ts'
import type { GivenPage } from './draw-page.ts'
import { carriedCertificate, severalEmbedded } from './embedding.ts'
import type { DocumentKind } from './document-kinds.ts'
import type { CarriedCertificate } from './embedding.ts'
import { wordDocument } from './page-words.ts'
import { RELEASED_SCRIPTS } from './released-scripts.ts'
import { statedOf } from './stated.ts'
import { StepStop } from './step.ts'
import type { Missing, MissingCode } from './step.ts'
import { templateOf } from './template.ts'
import type { Verification } from './verification.ts'
import { verifyCertificate } from './verify.ts'
import type { VerifyOptions } from './verify.ts'

/** The bytes of the page of a certificate; `page` is what was given. Null where this host cannot draw it. */
export type RenderPage = (
  kind: Exclude<DocumentKind, 'plumb'>,
  certificate: Uint8Array,
  page: GivenPage,
) => Promise<Uint8Array | null>

export interface DocumentOptions extends VerifyOptions {
  renderPage: RenderPage
  /** SHA-256 in hex of the verifier script that this build puts into its HTML pages. */
  ownScript: () => string
  /** What the file is called; '' where nobody knows. */
  fileName: string
}

/** Endings by which a program shows a file as a page, whatever it holds: texts of a bare certificate would become the page. */
const PAGE_NAME = /\.(?:html?|xht(?:ml)?|svg|xml|pdf)$/i

/** Throws CertificateError for a file in which no certificate, or more than one, is found, and for a pinned text that is no policy. */
export async function checkDocument(bytes: Uint8Array, options: DocumentOptions): Promise<DocumentCheck> {
  const carried = carriedCertificate(bytes)
  const check = await verifyCertificate(carried.certificate, options)
  const [page, because] = await comparePage(bytes, carried, check, options)
  if (page !== 'ours' && carried.isAmbiguous) throw severalEmbedded(carried.kind)
  const missing = check.verdict === 'changed' ? [] : [...missingPage(page), ...check.missing]
  const verdict = check.verdict === 'unchanged' && missing.length > 0 ? 'cannot-tell' : check.verdict
  const hash = carried.kind === 'plumb' ? check.file.hash : toHex(sha256(bytes))
  const found: DocumentCheck = {
    ...check,
    verdict,
    missing,
    claims: check.verdict === 'changed' ? null : check.claims,
    kind: carried.kind,
    given: { bytes: bytes.length, hash },
    certified: check.verdict === 'changed' ? null : certifiedOf(check.claims),
    page,
    because,
  }
  const { headline, explanation } = wordDocument(found, 'en')
  return { ...found, headline, explanation }
}

async function comparePage(
  bytes: Uint8Array,
  { kind, certificate, verifierScript }: CarriedCertificate,
  check: Verification,
  options: DocumentOptions,
): Promise<[Page, PageReason | null]> {
  if (kind === 'plumb') return PAGE_NAME.test(options.fileName) ? ['not-ours', { code: 'name' }] : ['none', null]
  if (check.verdict === 'changed') return ['unknown', { code: 'changed' }]
  // Drawing costs as much as the certificate is long: not for evidence of a channel that nobody pinned.
  if (check.missing.some((one) => UNVOUCHED.has(one.code))) return ['unknown', { code: 'channel' }]
  const { template } = statedOf(check.claims?.stated ?? {})
  if (templateOf(template) === null) return ['unknown', { code: 'template', template }]
  if (kind === 'html') {
    if (verifierScript === null) return ['not-ours', null]
    const hash = toHex(sha256(verifierScript))
    if (!RELEASED_SCRIPTS.includes(hash) && hash !== options.ownScript()) return ['not-ours', { code: 'script' }]
  }
  try {
    const drawn = await options.renderPage(kind, certificate, { bytes, verifierScript })
    if (drawn === null) return ['unknown', { code: 'host' }]
    return [equalBytes(drawn, bytes) ? 'ours' : 'not-ours', null]
  } catch (error) {
    // A certificate out of which no page can be drawn is not what this page was drawn from.
    if (error instanceof StepStop || error instanceof WireError) return ['not-ours', null]
    throw error
  }
}

const UNVOUCHED: ReadonlySet<MissingCode> = new Set([
  'policy_unknown',
  'policy_other',
  'policy_continued',
  'not_vouched',
  'cosigners_missing',
])

function missingPage(page: Page): Missing[] {
  if (page === 'not-ours') return [{ code: 'page_not_ours', text: 'a page that is drawn from the certificate in it' }]
  if (page === 'unknown') return [{ code: 'page_unknown', text: 'a comparison of the page with the certificate in it' }]
  return []
}
