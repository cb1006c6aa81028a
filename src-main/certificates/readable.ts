/** Telling a changed certificate from bytes that never were one: of those nothing is said but that they cannot be read. */
import { CERTIFICATE_BYTES_MAX } from './credential.ts'
import { CertificateError } from './errors.ts'

/** Either stands in every certificate, far apart, so that no single change takes both away. */
const MARKS = ['PlumblineCertificate', 'PlumblineEvidence'].map((mark) => new TextEncoder().encode(mark))

/** Throws CertificateError `unreadable` for bytes that are no certificate, not even a changed one. */
export function requireReadable(bytes: Uint8Array): void {
  const isMarked = bytes.length <= CERTIFICATE_BYTES_MAX && MARKS.some((mark) => holds(bytes, mark))
  if (isMarked) return
  throw new CertificateError(
    'unreadable',
    `${bytes.length === 0 ? 'the file is empty' : 'this is no certificate'}: expected was a .plumb, or the PDF or HTML page that Plumbline made of one`,
    'Is it the right file? Ask whoever sent it for the .plumb.',
  )
}

function holds(bytes: Uint8Array, mark: Uint8Array): boolean {
  for (let at = bytes.indexOf(mark[0]!); at >= 0; at = bytes.indexOf(mark[0]!, at + 1)) {
    let length = 1
    while (length < mark.length && bytes[at + length] === mark[length]) length++
    if (length === mark.length) return true
  }
  return false
}
