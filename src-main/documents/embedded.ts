/**
 * The certificate inside a rendering. A verifier never looks at the picture: it takes the embedded file out and
 * checks that. Whatever is neither PDF nor HTML is taken as it is.
 */
import { inflateSync } from 'node:zlib'
import { CERTIFICATE_BYTES_MAX } from '../certificates/credential.ts'
import { embeddedInHtml, embeddedInPdf } from '../certificates/embedding.ts'
import type { Embedding } from '../certificates/embedding.ts'
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
  const text = only(embeddedInHtml(html), 'HTML file')
  try {
    return fromBase64(text)
  } catch {
    throw new DocumentError('unreadable', 'the certificate inside this HTML file is not base64', ASK_FOR_FILE)
  }
}

function fromPdf(pdf: Buffer): Uint8Array {
  const { start, length, isDeflated } = only(embeddedInPdf(pdf.toString('latin1')), 'PDF file')
  const packed = pdf.subarray(start, start + length)
  if (!isDeflated) return new Uint8Array(packed)
  try {
    return new Uint8Array(inflateSync(packed, { maxOutputLength: CERTIFICATE_BYTES_MAX }))
  } catch {
    throw new DocumentError('unreadable', 'the certificate inside this PDF cannot be unpacked', ASK_FOR_FILE)
  }
}

const ASK_FOR_FILE =
  'Take the .plumb file out with a PDF reader (or pdfdetach), or ask the issuer for it, and check that.'

const TROUBLE = {
  nothing_embedded: 'holds no certificate that can be read here',
  several_embedded: 'holds several embedded files',
  unreadable: 'holds a certificate that cannot be unpacked',
} as const

function only<T>(embedding: Embedding<T>, what: string): T {
  if ('found' in embedding) return embedding.found
  throw new DocumentError(embedding.trouble, `this ${what} ${TROUBLE[embedding.trouble]}`, ASK_FOR_FILE)
}
