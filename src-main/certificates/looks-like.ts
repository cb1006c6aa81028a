/** What a file that is no certificate looks like, so that whoever gave it sees which one was taken. Only its first bytes are read. */
import type { Language } from '../wire/languages.ts'

export type LooksLike = 'nothing' | 'picture' | 'archive' | 'program' | 'json' | 'text' | 'data'

const HEAD_BYTES = 4096

/** Signatures as the formats state them: RFC 2083 (PNG), ITU-T T.81 (JPEG), GIF89a, RIFF (WebP), ISO/IEC 23008-12 (HEIF), TIFF 6.0, BMP. */
const BEGINNINGS: readonly [RegExp, LooksLike][] = [
  [/^(?:\x89PNG\r\n|\xFF\xD8\xFF|GIF8[79]a|RIFF....WEBP|....ftyp(?:heic|heix|mif1|avif)|II\*\0|MM\0\*|BM)/s, 'picture'],
  [/^(?:PK\x03\x04|PK\x05\x06|\x1F\x8B|7z\xBC\xAF|Rar!|\xFD7zXZ)/, 'archive'],
  [/^(?:\x7FELF|MZ)/, 'program'],
]

export function looksLike(bytes: Uint8Array): LooksLike {
  if (bytes.length === 0) return 'nothing'
  const head = bytes.subarray(0, HEAD_BYTES)
  // One code unit a byte, which the decoder of that name does not give.
  const text = String.fromCharCode(...head)
  const known = BEGINNINGS.find(([beginning]) => beginning.test(text))
  if (known !== undefined) return known[1]
  if (!isText(head)) return 'data'
  return /^\s*[{[]/.test(text) ? 'json' : 'text'
}

/** A character cut by the end of the head is still text. */
function isText(head: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return !/[\0-\x08\x0E-\x1A\x1C-\x1F]/.test(text)
  } catch {
    return false
  }
}

const WORDS: Readonly<Record<Language, Readonly<Record<LooksLike, string>>>> = {
  en: {
    nothing: 'The file is empty.',
    picture: 'It looks like a picture.',
    archive: 'It looks like an archive or an Office document.',
    program: 'It looks like a program.',
    json: 'It looks like JSON of another program.',
    text: 'It looks like a text.',
    data: 'It looks like data of another program.',
  },
  de: {
    nothing: 'Die Datei ist leer.',
    picture: 'Sie sieht aus wie ein Bild.',
    archive: 'Sie sieht aus wie ein Archiv oder ein Office-Dokument.',
    program: 'Sie sieht aus wie ein Programm.',
    json: 'Sie sieht aus wie JSON eines anderen Programms.',
    text: 'Sie sieht aus wie ein Text.',
    data: 'Sie sieht aus wie Daten eines anderen Programms.',
  },
}

const HEADLINE = { en: 'This is not a Plumbline certificate.', de: 'Das ist kein Plumbline-Zertifikat.' }
const CHOOSE = {
  en: 'Choose the .plumb file, or the PDF or HTML page that a Plumbline gateway made of it.',
  de: 'Wählen Sie die .plumb-Datei oder die PDF- oder HTML-Seite, die ein Plumbline-Gateway daraus gemacht hat.',
}

/** What it is not, what it looks like, and what to choose: a sentence each. */
export function wordNoCertificate(like: LooksLike, language: Language): { what: string; next: string } {
  return { what: `${HEADLINE[language]} ${WORDS[language][like]}`, next: CHOOSE[language] }
}
