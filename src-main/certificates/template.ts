/**
 * Templates of a certificate's page. A page follows from the certificate and the number of its template alone, byte for byte, so a
 * released template is never changed: whoever checks a page draws it again and compares. A change of the page is a new number.
 */

/** Numbers that this program can draw. */
export const TEMPLATES: readonly number[] = [1]

/** What new certificates are drawn with. */
export const TEMPLATE_NEWEST = 1

/** The template to draw with: a certificate that names none gets the first. Null for one that this program does not have. */
export function templateOf(named: number): number | null {
  const template = named === 0 ? 1 : named
  return TEMPLATES.includes(template) ? template : null
}
