/** A certificate as a person compares it: the fingerprint in 16 groups of four digits, its words, and how it is protected. */
import { m } from '../../paraglide/messages.js'

export interface FingerprintLine {
  /** Number of the first group in the line, 1 to 13. */
  from: number
  groups: string[]
}

const digitsInGroup = 4
const groupsInLine = 4

export function fingerprintLines(hex: string): FingerprintLine[] {
  const groups = hex.toUpperCase().match(new RegExp(`.{1,${digitsInGroup}}`, 'g')) ?? []
  const lines: FingerprintLine[] = []
  for (let first = 0; first < groups.length; first += groupsInLine) {
    lines.push({ from: first + 1, groups: groups.slice(first, first + groupsInLine) })
  }
  return lines
}

/** The common name of a distinguished name; the whole name when it has none. */
export function commonName(name: string): string {
  return /(?:^|[,/]\s*)CN=([^,/]+)/i.exec(name)?.[1]?.trim() ?? name
}

/** OPC UA message security modes in words; an unknown one as the server calls it. */
export function securityWord(mode: string): string {
  const words: Record<string, () => string> = {
    Sign: m.sources_security_sign,
    SignAndEncrypt: m.sources_security_both,
    None: m.sources_security_none,
  }
  return words[mode]?.() ?? mode
}
