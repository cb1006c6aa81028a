/** Hashes and keys for the eye. */

/** Groups of four hex digits, `bytes` of them at most: `bc39 19b7 e3cb a074`. */
export function hexGroups(hex: string, bytes = hex.length / 2): string {
  const shown = hex.slice(0, bytes * 2)
  return shown.replaceAll(/(.{4})(?=.)/g, '$1 ')
}
