/**
 * Texts out of a file as a page shows them. Characters that command a terminal, turn the direction of writing or are not seen at
 * all would let a name say something else than it holds, so they stand as their number. The ranges are written out: a page is compared
 * byte for byte, and a property of Unicode would change it with its version (what is printed elsewhere: `wire/pageText.ts`).
 */

/** C0 and C1 controls, soft hyphen, Arabic letter mark, zero widths, line separators, bidirectional controls, tags, lone surrogates,
 *  and what no XML may hold. */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}\p{Cs}]/gu

/** Names on the ledger have at most 200; a stranger's file may hold anything. */
const CHARS_MAX = 400

/** The text with every such character as `<U+202E>`, runs of white space as one blank, and an ellipsis where it is cut. */
export function pageText(text: string, charsMax = CHARS_MAX): string {
  // Twice as many code units hold them, whatever they are; a cut pair at the end is cut away with the rest.
  const characters = Array.from(text.slice(0, 2 * charsMax + 2))
  const kept = characters.length > charsMax ? `${characters.slice(0, charsMax - 1).join('')}…` : text
  return kept
    .replace(/[\t\n\r]+/g, ' ')
    .replace(UNSEEN, (character) => `<U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}>`)
    .replace(/ {2,}/g, ' ')
    .trim()
}
