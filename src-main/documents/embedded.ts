/**
 * The certificate inside a rendering. A verifier never looks at the picture: it takes the embedded file out and
 * checks that. Whatever is neither PDF nor HTML is taken as it is.
 */
import { inflateSync } from 'node:zlib'
import { CERTIFICATE_BYTES_MAX } from '../certificates/credential.ts'
import { CERTIFICATE_ELEMENT_ID } from '../certificates/render-html.ts'
import { fromBase64 } from '../wire/bytes.ts'
import { DocumentError } from './errors.ts'

/** Throws DocumentError for a PDF or HTML file out of which no single certificate can be taken. */
export function embeddedCertificate(bytes: Uint8Array): Uint8Array {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').trimStart().toLowerCase()
  if (head.startsWith('%pdf-')) return fromPdf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  if (head.startsWith('<!doctype html') || head.startsWith('<html'))
    return fromHtml(Buffer.from(bytes).toString('utf8'))
  return bytes
}

function fromHtml(html: string): Uint8Array {
  const pattern = new RegExp(`<script[^>]*\\bid="${CERTIFICATE_ELEMENT_ID}"[^>]*>([^<]*)</script>`, 'g')
  const found = [...html.matchAll(pattern)]
  const text = only(found, 'HTML file')[1] ?? ''
  try {
    return fromBase64(text.trim())
  } catch {
    throw new DocumentError('unreadable', 'the certificate inside this HTML file is not base64', ASK_FOR_FILE)
  }
}

/** ISO 32000-1, 7.11.4: a stream whose dictionary has /Type /EmbeddedFile. Our PDFs keep it outside object streams. */
function fromPdf(pdf: Buffer): Uint8Array {
  const text = pdf.toString('latin1')
  const found = [
    ...text.matchAll(/<<((?:(?!endobj)[^])*?\/Type\s*\/EmbeddedFile\b(?:(?!endobj)[^])*?)>>\s*stream\r?\n/g),
  ]
  const match = only(found, 'PDF file')
  const dictionary = match[1] ?? ''
  const length = Number(/\/Length\s+(\d+)(?!\s+\d+\s+R)/.exec(dictionary)?.[1] ?? Number.NaN)
  const start = match.index + match[0].length
  const packed = pdf.subarray(start, start + length)
  try {
    if (!Number.isFinite(length) || packed.length !== length) throw new Error('length')
    if (!dictionary.includes('/FlateDecode')) return new Uint8Array(packed)
    return new Uint8Array(inflateSync(packed, { maxOutputLength: CERTIFICATE_BYTES_MAX }))
  } catch {
    throw new DocumentError('unreadable', 'the certificate inside this PDF cannot be unpacked', ASK_FOR_FILE)
  }
}

const ASK_FOR_FILE =
  'Take the .plumb file out with a PDF reader (or pdfdetach), or ask the issuer for it, and check that.'

function only<T>(found: T[], what: string): T {
  const [first, ...others] = found
  if (first === undefined) {
    throw new DocumentError('nothing_embedded', `this ${what} holds no certificate that can be read here`, ASK_FOR_FILE)
  }
  if (others.length > 0) {
    throw new DocumentError('several_embedded', `this ${what} holds ${found.length} embedded files`, ASK_FOR_FILE)
  }
  return first
}
