/**
 * Codes on paper that name a new admin of a member (docs/FORMATS.md, Persons): what they sign stands in record/kinds/recovery.ts. A code is
 * 17 random bytes and the first 3 of SHA-256("plumbline/recovery-code/v1" ‖ them), in Crockford's Base32, in eight groups of four; its key is the
 * Ed25519 key of the seed SHA-256("plumbline/recovery-seed/v1" ‖ the 17 bytes).
 */
import { concatBytes, equalBytes, sha256, utf8 } from '../../wire/bytes.ts'
import { GatewayError } from '../error.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const SECRET_BYTES = 17
const CHECK_BYTES = 3
const GROUP = 4
const CHARACTERS = ((SECRET_BYTES + CHECK_BYTES) * 8) / 5
const CHECK = utf8('plumbline/recovery-code/v1')
const SEED = utf8('plumbline/recovery-seed/v1')

export function newRecoveryCode(random: (bytes: number) => Uint8Array): string {
  const secret = random(SECRET_BYTES)
  const text = base32(concatBytes(secret, checkOf(secret)))
  return text.match(new RegExp(`.{${GROUP}}`, 'g'))?.join('-') ?? ''
}

/**
 * The 32-byte seed of a code's key, as somebody copied it from paper: in any case, with or without hyphens, O and I and L for 0 and 1.
 *
 * @param number from 1, for the message
 * @throws {GatewayError} `recovery_code_wrong` for what is no code
 */
export function seedOfCode(text: string, number: number): Uint8Array {
  const bytes = fromBase32(text)
  const secret = bytes?.subarray(0, SECRET_BYTES)
  if (bytes === null || secret === undefined || !equalBytes(bytes.subarray(SECRET_BYTES), checkOf(secret)))
    throw new GatewayError(
      'recovery_code_wrong',
      `recovery code ${number} is not as it was printed: a character is missing, or another one`,
      'Compare it with the paper: eight groups of four.',
    )
  return sha256(concatBytes(SEED, secret))
}

function checkOf(secret: Uint8Array): Uint8Array {
  return sha256(concatBytes(CHECK, secret)).subarray(0, CHECK_BYTES)
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('')
}

function fromBase32(text: string): Uint8Array | null {
  const plain = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  const values = [...plain].map((character) => ALPHABET.indexOf(character))
  if (plain.length !== CHARACTERS || values.includes(-1)) return null
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('')
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)))
}
