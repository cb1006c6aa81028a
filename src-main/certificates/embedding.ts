/**
 * Where a rendering carries its certificate. A PDF or an HTML page that somebody sent may be made to be slow to read: nothing here is
 * looked at more than a few times, however long the file is.
 */

/** Id of the data block that holds the certificate as base64 in an HTML page. */
export const CERTIFICATE_ELEMENT_ID = 'plumb'

/** Characters of an embedded file's dictionary in a PDF; ours have about 250. */
export const PDF_DICTIONARY_CHARS_MAX = 4096

export type Embedding<T> = { found: T } | { trouble: 'nothing_embedded' | 'several_embedded' | 'unreadable' }

/** Of the one data block `<script … id="plumb" …>` of a page: its text, base64 that is not decoded yet. */
export function embeddedInHtml(html: string): Embedding<string> {
  const named = new RegExp(`\\sid="${CERTIFICATE_ELEMENT_ID}"(?=\\s|$)`)
  let text: string | null = null
  for (let at = html.indexOf('<script'); at >= 0; at = html.indexOf('<script', at)) {
    const end = html.indexOf('>', at)
    if (end < 0) break
    const attributes = html.slice(at + '<script'.length, end)
    at = end
    if (!named.test(attributes)) continue
    const close = html.indexOf('<', end)
    if (close < 0 || !html.startsWith('</script>', close)) continue
    if (text !== null) return { trouble: 'several_embedded' }
    text = html.slice(end + 1, close).trim()
  }
  return text === null ? { trouble: 'nothing_embedded' } : { found: text }
}

/** Bytes `start` to `start + length` of the PDF; deflated (zlib) or as they are. */
export interface PdfStream {
  start: number
  length: number
  isDeflated: boolean
}

/**
 * The one embedded file of a PDF, given as one code unit a byte. ISO 32000-1, 7.11.4: a stream whose dictionary has
 * /Type /EmbeddedFile. Our PDFs keep it outside object streams.
 */
export function embeddedInPdf(text: string): Embedding<PdfStream> {
  const mark = /\/Type\s*\/EmbeddedFile\b/g
  const first = mark.exec(text)
  if (first === null) return { trouble: 'nothing_embedded' }
  if (mark.test(text)) return { trouble: 'several_embedded' }
  const before = text.slice(Math.max(0, first.index - PDF_DICTIONARY_CHARS_MAX), first.index)
  const after = text.slice(first.index, first.index + PDF_DICTIONARY_CHARS_MAX)
  const opening = />>\s*stream\r?\n/.exec(after)
  const from = before.lastIndexOf('obj')
  if (opening === null || from < 0) return { trouble: 'unreadable' }
  const dictionary = before.slice(from) + after.slice(0, opening.index)
  const length = Number(/\/Length\s+(\d{1,10})(?!\d|\s+\d+\s+R)/.exec(dictionary)?.[1] ?? Number.NaN)
  const start = first.index + opening.index + opening[0].length
  const isWhole = Number.isFinite(length) && start + length <= text.length
  if (dictionary.includes('endobj') || !isWhole) return { trouble: 'unreadable' }
  return { found: { start, length, isDeflated: dictionary.includes('/FlateDecode') } }
}
