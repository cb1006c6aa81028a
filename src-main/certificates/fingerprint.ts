/** What two people compare over the telephone before one of them pins the other's trust policy. */
import { sha256, toHex, utf8 } from '../wire/bytes.ts'

/** SHA-256 of the policy's text in UTF-8, as sixteen groups of four upper-case hex digits. */
export function policyFingerprint(policyText: string): string {
  return grouped(sha256(utf8(policyText)))
}

/** Upper-case hex in groups of four. */
export function grouped(hash: Uint8Array): string {
  return toHex(hash)
    .toUpperCase()
    .replace(/(.{4})(?=.)/g, '$1 ')
}
