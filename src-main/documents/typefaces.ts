/**
 * IBM Plex for PDFs. The package splits each weight by script; a text is set piece by piece in the file that has its
 * characters. What none has is shown as a question mark.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { woffToSfnt } from './woff.ts'

export type Face = 'regular' | 'strong' | 'mono'

const FACES: Readonly<Record<Face, { family: string; weight: number }>> = {
  regular: { family: 'ibm-plex-sans', weight: 400 },
  strong: { family: 'ibm-plex-sans', weight: 600 },
  mono: { family: 'ibm-plex-mono', weight: 400 },
}
/** In the order in which they are tried; latin has most of what is printed. */
const SCRIPTS = ['latin', 'latin-ext', 'greek', 'cyrillic'] as const
type Script = (typeof SCRIPTS)[number]

const require = createRequire(import.meta.url)
const fonts = new Map<string, Uint8Array>()

/** Name under which a face's script is registered. */
export function fontName(face: Face, script: Script): string {
  return `${face}/${script}`
}

/** sfnt bytes of a face's script, read once. */
export function fontBytes(face: Face, script: Script): Uint8Array {
  const name = fontName(face, script)
  let bytes = fonts.get(name)
  if (bytes === undefined) {
    const { family, weight } = FACES[face]
    const path = require.resolve(`@fontsource/${family}/files/${family}-${script}-${weight}-normal.woff`)
    bytes = woffToSfnt(new Uint8Array(readFileSync(path)))
    fonts.set(name, bytes)
  }
  return bytes
}

type Ranges = readonly (readonly [from: number, to: number])[]

function rangesOf(script: Script): Ranges {
  const all = require('@fontsource/ibm-plex-sans/unicode.json') as Record<string, string>
  return (all[script] ?? '').split(',').map((range) => {
    const [from, to] = range.replace('U+', '').split('-')
    return [Number.parseInt(from!, 16), Number.parseInt(to ?? from!, 16)] as const
  })
}

let coverage: { script: Script; ranges: Ranges }[] | null = null

function scriptOf(codePoint: number): Script | null {
  coverage ??= SCRIPTS.map((script) => ({ script, ranges: rangesOf(script) }))
  const found = coverage.find(({ ranges }) => ranges.some(([from, to]) => codePoint >= from && codePoint <= to))
  return found?.script ?? null
}

/** A text cut into pieces of one script each. Control characters become spaces. */
export function pieces(text: string): { script: Script; text: string }[] {
  const cut: { script: Script; text: string }[] = []
  for (const character of text) {
    const codePoint = character.codePointAt(0)!
    const known = codePoint < 0x20 || codePoint === 0x7f ? null : scriptOf(codePoint)
    const shown = codePoint < 0x20 || codePoint === 0x7f ? ' ' : known === null ? '?' : character
    const script = known ?? 'latin'
    const last = cut.at(-1)
    if (last?.script === script) last.text += shown
    else cut.push({ script, text: shown })
  }
  return cut
}
