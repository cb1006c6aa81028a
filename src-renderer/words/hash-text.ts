/** Hashes for the eye: groups of four, and how many of them fit. */
const groupLetters = 4

/** `bc39 19b7 e3cb a074`: the first `groups` groups of a hash. */
export function hashStart(hash: string, groups: number): string {
  return groupsOf(hash).slice(0, groups).join(' ')
}

/** As `hashStart`, with `…` where it goes on; text that is no hash comes back as it is. */
export function hashShort(text: string, groups: number): string {
  if (!isHex(text)) return text
  return text.length > groups * groupLetters ? `${hashStart(text, groups)} …` : hashStart(text, groups)
}

export function isHex(text: string): boolean {
  return text.length >= 16 && /^(?:[0-9a-f]{2})+$/.test(text)
}

function groupsOf(hash: string): string[] {
  return hash.match(/.{1,4}/g) ?? []
}
