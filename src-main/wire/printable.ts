/**
 * Text out of a file, or off the ledger, made safe to print: it may be written to clear a terminal, to hide what stands before it, or to
 * turn the order of what follows. Unicode TR 36, 3.1 and UTS 55 say which characters do that.
 */

/**
 * What has no shape of its own: controls (Cc), formats such as bidirectional overrides (Cf), halves of pairs (Cs), unassigned and private
 * ones (Cn, Co), line and paragraph separators, fillers. Joiners and the selectors of emoji stay, because names are written with them.
 */
const UNSEEN =
  /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** Every such character, line breaks too, as a visible `\u{1B}`: for one value that stands in a line. */
export function printable(text: string): string {
  return text.replaceAll(UNSEEN, visible)
}

/** The same for a text of several lines, whose line breaks stay. */
export function printableLines(text: string): string {
  return text.replaceAll(UNSEEN, (found) => (found === '\n' ? found : visible(found)))
}

/** The same for JSON, in JSON's own escapes, so that a program reads what was there. Its line breaks are between values. */
export function printableJson(json: string): string {
  return json.replaceAll(UNSEEN, (found) => {
    if (found === '\n') return found
    const units = Array.from({ length: found.length }, (_, at) => found.charCodeAt(at))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}

/** A template whose values are printable: ``printed`${name}: ${reason}` ``. */
export function printed(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.map((part, at) => part + (at < values.length ? printable(String(values[at])) : '')).join('')
}

function visible(found: string): string {
  return `\\u{${found.codePointAt(0)!.toString(16).toUpperCase()}}`
}
