/**
 * The certificate inside a file that somebody was sent. A verifier never looks at the picture: out of a PDF or an HTML page it
 * takes the one certificate that is embedded; anything else is handed on as it is.
 */
const certificateBytesMax = 48 * 1024 * 1024

export type FileKind = 'plumb' | 'pdf' | 'html'

/** A PDF or HTML file out of which no single certificate can be taken. */
export class EmbeddedFileError extends Error {
  override name = 'EmbeddedFileError'
  readonly code: 'nothing_embedded' | 'several_embedded' | 'unreadable'
  readonly kind: FileKind

  constructor(code: EmbeddedFileError['code'], kind: FileKind, cause?: unknown) {
    super(`${code} in this ${kind}`, { cause })
    this.code = code
    this.kind = kind
  }
}

/** The bytes to check, and out of which kind of file they came. Throws EmbeddedFileError. */
export async function certificateIn(bytes: Uint8Array): Promise<{ bytes: Uint8Array; kind: FileKind }> {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 1024)).trimStart().toLowerCase()
  if (head.startsWith('%pdf-')) return { bytes: await fromPdf(bytes), kind: 'pdf' }
  if (head.startsWith('<!doctype html') || head.startsWith('<html')) return { bytes: fromHtml(bytes), kind: 'html' }
  return { bytes, kind: 'plumb' }
}

/** Our pages carry the certificate as base64 in a data block; the page is text here and is never parsed as HTML. */
function fromHtml(bytes: Uint8Array): Uint8Array {
  const html = new TextDecoder().decode(bytes)
  const found = [...html.matchAll(/<script type="text\/plain" id="plumb">([\w+/=\s]*)<\/script>/g)]
  const [first, ...others] = found
  if (first === undefined) throw new EmbeddedFileError('nothing_embedded', 'html')
  if (others.length > 0) throw new EmbeddedFileError('several_embedded', 'html')
  try {
    return Uint8Array.from(atob((first[1] ?? '').trim()), (character) => character.charCodeAt(0))
  } catch (cause) {
    throw new EmbeddedFileError('unreadable', 'html', cause)
  }
}

/** ISO 32000-1, 7.11.4: a stream whose dictionary has /Type /EmbeddedFile. Our PDFs keep it outside object streams. */
async function fromPdf(bytes: Uint8Array): Promise<Uint8Array> {
  // One code unit a byte, so that positions in the text are positions in the file.
  const text = new TextDecoder('latin1').decode(bytes)
  const mark = /\/Type\s*\/EmbeddedFile\b/g
  const first = mark.exec(text)
  if (first === null) throw new EmbeddedFileError('nothing_embedded', 'pdf')
  if (mark.test(text)) throw new EmbeddedFileError('several_embedded', 'pdf')
  const from = text.lastIndexOf('obj', first.index)
  const opening = />>\s*stream\r?\n/g
  opening.lastIndex = first.index
  const match = opening.exec(text)
  const dictionary = match ? text.slice(from, match.index) : ''
  const length = Number(/\/Length\s+(\d+)(?!\d|\s+\d+\s+R)/.exec(dictionary)?.[1] ?? Number.NaN)
  if (!match || dictionary.includes('endobj') || !Number.isFinite(length))
    throw new EmbeddedFileError('unreadable', 'pdf')
  const start = match.index + match[0].length
  const packed = bytes.slice(start, start + length)
  if (!dictionary.includes('/FlateDecode')) return packed
  try {
    return await inflate(packed)
  } catch (cause) {
    throw new EmbeddedFileError('unreadable', 'pdf', cause)
  }
}

/** Stops as soon as more comes out than a certificate may be long: a small file can inflate to a very large one. */
async function inflate(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate')).getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length
    if (size > certificateBytesMax) {
      await reader.cancel()
      throw new RangeError('longer than a certificate may be')
    }
    chunks.push(next.value)
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}
