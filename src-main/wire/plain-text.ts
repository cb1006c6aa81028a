/**
 * Which characters a name on the ledger may not hold: those that show nothing and change how everything around them is shown. A
 * terminal that prints a control character may clear itself and show a verdict that nobody gave; a bidirectional control turns a
 * name around (Unicode Standard Annex 9, "Directional Formatting Characters"; Unicode TR 36, 2.5).
 *
 * The ranges are written out, because a property of Unicode would change with its version and the ledger's rules must not.
 */
import { WireError } from './errors.ts'
import type { WireErrorCode } from './errors.ts'

/** C0, DEL and C1; line and paragraph separators; marks, embeddings, overrides and isolates of direction. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** The first character of a text that a name may not hold, as `U+202E`; null where there is none. */
export function hiddenCharacter(text: string): string | null {
  HIDDEN.lastIndex = 0
  const found = HIDDEN.exec(text)
  return found === null ? null : `U+${found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** The text with a space in the place of every character that a name may not hold: for what machines and people say. */
export function withoutHidden(text: string): string {
  return text.replace(HIDDEN, ' ')
}

/** Throws a WireError where a text, or any text or member name inside a JSON-like value, holds a hidden character. */
export function refuseHidden(value: unknown, where: string, code: WireErrorCode): void {
  if (typeof value === 'string') {
    const found = hiddenCharacter(value)
    if (found !== null) throw new WireError(code, `${where} holds ${found}, which no name may hold`)
  } else if (Array.isArray(value)) for (const item of value) refuseHidden(item, where, code)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      refuseHidden(name, where, code)
      refuseHidden(member, where, code)
    }
  }
}
