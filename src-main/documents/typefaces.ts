/**
 * IBM Plex for PDFs. The package splits each weight by script; a text is set piece by piece in the file that has its
 * characters. What none has is shown as a question mark.
 */
import type { FontSource } from './font-source.ts'
import { woffToSfnt } from './woff.ts'

export type Face = 'regular' | 'strong' | 'mono'

const FACES: Readonly<Record<Face, { family: string; weight: number }>> = {
  regular: { family: 'ibm-plex-sans', weight: 400 },
  strong: { family: 'ibm-plex-sans', weight: 600 },
  mono: { family: 'ibm-plex-mono', weight: 400 },
}

export type Script = 'latin' | 'latin-ext' | 'greek' | 'cyrillic'

/** What each file covers, as the package's `unicode.json` says; in the order in which they are tried. */
export const SCRIPT_RANGES: readonly (readonly [Script, string])[] = [
  [
    'latin',
    'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD',
  ],
  [
    'latin-ext',
    'U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF',
  ],
  ['greek', 'U+0370-0377,U+037A-037F,U+0384-038A,U+038C,U+038E-03A1,U+03A3-03FF'],
  ['cyrillic', 'U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116'],
]

const COVERAGE = SCRIPT_RANGES.map(([script, ranges]) => ({
  script,
  ranges: ranges.split(',').map((range): readonly [number, number] => {
    const [from, to] = range.replace('U+', '').split('-')
    return [Number.parseInt(from!, 16), Number.parseInt(to ?? from!, 16)]
  }),
}))

function scriptOf(codePoint: number): Script | null {
  const found = COVERAGE.find(({ ranges }) => ranges.some(([from, to]) => codePoint >= from && codePoint <= to))
  return found?.script ?? null
}

export interface Piece {
  script: Script
  text: string
}

/** A text cut into pieces of one script each. Control characters become spaces. */
export function pieces(text: string): Piece[] {
  const cut: Piece[] = []
  for (const character of text) {
    const codePoint = character.codePointAt(0)!
    const isControl = codePoint < 0x20 || codePoint === 0x7f
    const known = isControl ? null : scriptOf(codePoint)
    const shown = isControl ? ' ' : known === null ? '?' : character
    const script = known ?? 'latin'
    const last = cut.at(-1)
    if (last?.script === script) last.text += shown
    else cut.push({ script, text: shown })
  }
  return cut
}

/** Name under which a face's script is registered. */
export function fontName(face: Face, script: Script): string {
  return `${face}/${script}`
}

export type Fonts = ReadonlyMap<string, Uint8Array>

/** sfnt bytes of every face in the scripts of these texts, by `fontName`. The typewriter face is only set in Latin. */
export async function loadFonts(texts: string, source: FontSource): Promise<Fonts> {
  const scripts = new Set<Script>(['latin', ...pieces(texts).map(({ script }) => script)])
  const fonts = new Map<string, Uint8Array>()
  for (const [face, { family, weight }] of Object.entries(FACES) as [Face, (typeof FACES)[Face]][]) {
    for (const script of face === 'mono' ? (['latin'] as const) : scripts) {
      fonts.set(fontName(face, script), woffToSfnt(await source(`${family}-${script}-${weight}-normal.woff`)))
    }
  }
  return fonts
}
