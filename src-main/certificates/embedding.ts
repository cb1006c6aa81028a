/**
 * Where a file carries its certificate. Somebody sent it: it may be a PDF or HTML page in which other programs find another
 * certificate than we do, and no parser of ours would agree with all of theirs. So what is found here is a guess that only
 * document.ts makes good, by drawing the page anew. Nothing is unpacked, and nothing is looked at more than a few times.
 */
import { fromBase64 } from '../wire/bytes.ts'
import type { DocumentKind } from './document-kinds.ts'
import { CertificateError } from './errors.ts'

/** Id of the data block that holds the certificate as base64 in an HTML page. */
export const CERTIFICATE_ELEMENT_ID = 'plumb'
/** A page of the longest certificate as base64, with its picture and its verifier. */
export const DOCUMENT_BYTES_MAX = 96 * 1024 * 1024

export interface CarriedCertificate {
  kind: DocumentKind
  certificate: Uint8Array
  /** Of an HTML page with the outline of ours: the bytes of its verifier script. */
  verifierScript: Uint8Array | null
  /** What another program would take out may be another certificate. */
  isAmbiguous: boolean
}

/**
 * The certificate in a file of any kind.
 * Throws CertificateError `unreadable`, `nothing_embedded` or `several_embedded`, whose `next` says what to do.
 */
export function carriedCertificate(bytes: Uint8Array): CarriedCertificate {
  if (bytes.length > DOCUMENT_BYTES_MAX) {
    const message = `the file has ${bytes.length} bytes; a certificate, or a page that carries one, has at most ${DOCUMENT_BYTES_MAX}`
    throw new CertificateError('unreadable', message, 'Is it the right file?')
  }
  const kind = kindOf(bytes)
  if (kind === 'html') return inHtml(bytes)
  if (kind === 'pdf') return inPdf(bytes)
  return { kind, certificate: bytes, verifierScript: null, isAmbiguous: false }
}

/** For a file that holds more than one certificate, or may. */
export function severalEmbedded(kind: DocumentKind): CertificateError {
  const what = kind === 'pdf' ? 'PDF' : 'HTML page'
  return new CertificateError(
    'several_embedded',
    `different programs may take different certificates out of this ${what}`,
    `Take the .plumb out of it with the program that you rely on, or ask the issuer for it, and check that.`,
  )
}

const HEAD_BYTES = 1024

/** Readers of PDF look for its mark in the first 1024 bytes; a certificate begins with a brace. */
function kindOf(bytes: Uint8Array): DocumentKind {
  const head = latin1(bytes.subarray(0, HEAD_BYTES))
    .replace(/^\u00EF\u00BB\u00BF/, '')
    .trimStart()
  if (head.startsWith('{')) return 'plumb'
  if (head.includes('%PDF-')) return 'pdf'
  return head.startsWith('<') ? 'html' : 'plumb'
}

/** The beginning of every certificate (RFC 8785 puts `@context` first), as it is and as base64. */
const BEGINNING = '{"@context"'
const BEGINNING_BASE64 = 'eyJAY29udGV4'

const BLOCK = `<script type="text/plain" id="${CERTIFICATE_ELEMENT_ID}">`
const BETWEEN = '</script>\n<script>'
const END = '</script>\n</body>\n</html>\n'

function inHtml(bytes: Uint8Array): CarriedCertificate {
  const html = latin1(bytes)
  const outline = outlineOfOurs(html)
  // A script is text to every reader of HTML up to its end tag, and this one has to be known besides; then comes nothing.
  const read = outline === null ? html : html.slice(0, outline.scriptFrom)
  const found = base64Certificates(read)
  const isAmbiguous = found.length > 1 || matches(read, NAMED_ELEMENT, 2) > 1
  if (outline !== null) {
    const { from, to, scriptFrom, scriptTo } = outline
    const verifierScript = bytes.slice(scriptFrom, scriptTo)
    return { kind: 'html', certificate: decoded(html.slice(from, to)), verifierScript, isAmbiguous }
  }
  if (isAmbiguous) throw severalEmbedded('html')
  if (found.length === 0) throw nothingEmbedded('HTML page')
  return { kind: 'html', certificate: decoded(found[0]!), verifierScript: null, isAmbiguous }
}

/** At most two runs of base64 that begin as a certificate does. One run may hold that beginning again: a proof has a context too. */
function base64Certificates(html: string): string[] {
  const found: string[] = []
  const run = /[\w+/=-]*/y
  for (let at = html.indexOf(BEGINNING_BASE64); at >= 0 && found.length < 2;) {
    run.lastIndex = at
    const base64 = run.exec(html)![0]
    found.push(base64)
    at = html.indexOf(BEGINNING_BASE64, at + base64.length)
  }
  return found
}

/** Where certificate and verifier stand in a page that ends as ours do; null for any other. */
function outlineOfOurs(html: string): { from: number; to: number; scriptFrom: number; scriptTo: number } | null {
  const block = html.indexOf(BLOCK)
  if (block < 0 || !html.endsWith(END)) return null
  const from = block + BLOCK.length
  const to = html.indexOf('<', from)
  const scriptFrom = to + BETWEEN.length
  const scriptTo = html.length - END.length
  if (!html.startsWith(BETWEEN, to) || /<\/script|<!--/i.test(html.slice(scriptFrom, scriptTo))) return null
  return { from, to, scriptFrom, scriptTo }
}

/** An element that a program might take for the block, however its name and its attributes are written. */
const NAMED_ELEMENT = new RegExp(`<[a-z][^<>]*\\bid\\s*=[\\s"']*${CERTIFICATE_ELEMENT_ID}\\b`, 'gi')

function decoded(base64: string): Uint8Array {
  try {
    return fromBase64(base64)
  } catch {
    throw new CertificateError('unreadable', 'the certificate in this HTML page is not whole base64', ASK_FOR_FILE)
  }
}

/**
 * ISO 32000-1, 7.11.4: an embedded file is a stream. Ours stands there as it is, so it can be recognised by its first bytes, whatever the
 * objects around it say.
 */
function inPdf(bytes: Uint8Array): CarriedCertificate {
  const pdf = latin1(bytes)
  const starts = [...occurrences(pdf, `stream\n${BEGINNING}`, 2), ...occurrences(pdf, `stream\r\n${BEGINNING}`, 2)]
  if (starts.length > 1) throw severalEmbedded('pdf')
  const stream = starts[0]
  if (stream === undefined) throw nothingEmbedded('PDF')
  const from = pdf.indexOf('{', stream)
  const to = pdf.indexOf('\nendstream', from)
  if (to < 0) throw nothingEmbedded('PDF')
  const end = pdf[to - 1] === '\r' ? to - 1 : to
  const isAmbiguous = isOddPdf([pdf.slice(0, from), pdf.slice(end)])
  return { kind: 'pdf', certificate: bytes.slice(from, end), verifierScript: null, isAmbiguous }
}

/**
 * More than one revision (7.5.6), more than one attachment, or objects that cannot be seen here (7.5.7, 7.6): a reader that follows the
 * file's own structure may find another certificate than a search does.
 */
function isOddPdf(around: string[]): boolean {
  const count = (pattern: RegExp): number => around.reduce((sum, text) => sum + matches(text, pattern, 2), 0)
  return count(/\bstartxref\b/g) !== 1 || count(EMBEDDED_FILE) !== 1 || count(ATTACHMENT) !== 1 || count(UNSEEN) !== 0
}

/** 7.3.5: in a name any character may be written as # and its code. */
function nameOf(...names: string[]): RegExp {
  const spelled = names.map((name) =>
    [...name].map((letter) => `(?:${letter}|#${letter.charCodeAt(0).toString(16)})`).join(''),
  )
  return new RegExp(`/(?:${spelled.join('|')})(?![\\w#])`, 'gi')
}

const EMBEDDED_FILE = nameOf('EmbeddedFile')
const ATTACHMENT = nameOf('EF')
const UNSEEN = nameOf('ObjStm', 'Encrypt')

const latin1Decoder = new TextDecoder('latin1')

/** One code unit a byte, so that a place in the text is a place in the file. */
function latin1(bytes: Uint8Array): string {
  return latin1Decoder.decode(bytes)
}

function occurrences(text: string, of: string, most: number): number[] {
  const found: number[] = []
  for (let at = text.indexOf(of); at >= 0 && found.length < most; at = text.indexOf(of, at + 1)) found.push(at)
  return found
}

function matches(text: string, pattern: RegExp, most: number): number {
  pattern.lastIndex = 0
  let count = 0
  while (count < most && pattern.exec(text) !== null) count++
  return count
}

const ASK_FOR_FILE = 'Take the .plumb out of it with another program, or ask the issuer for it, and check that.'

function nothingEmbedded(what: string): CertificateError {
  const message =
    `no certificate is found in this ${what}: expected was one as Plumbline writes it, with its certificate inside; ` +
    'a file that was printed, shortened or saved anew by another program is another one'
  const next =
    what === 'PDF'
      ? 'Where a PDF reader lists a .plumb among its attachments, save that and check it; otherwise ask the issuer for the file.'
      : 'Ask the issuer for the page as it was made, or for the .plumb, and check that.'
  return new CertificateError('nothing_embedded', message, next)
}
