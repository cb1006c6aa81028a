/**
 * Reading one CBOR map field by field: every field is asked for by name and type, and `end` refuses what nobody asked
 * for, so that an unknown key can never ride along unnoticed.
 */
import type { CborValue } from './cbor.ts'
import { WireError } from './errors.ts'
import type { WireErrorCode } from './errors.ts'
import { MAX_NAME_BYTES } from './limits.ts'
import { hiddenCharacter } from './plain-text.ts'

export class Fields {
  private readonly map: ReadonlyMap<CborValue, CborValue>
  private readonly where: string
  private readonly code: WireErrorCode
  private readonly unread: Set<CborValue>

  constructor(value: CborValue | undefined, where: string, code: WireErrorCode) {
    if (!(value instanceof Map)) throw new WireError(code, `${where} is not a map`)
    this.map = value
    this.where = where
    this.code = code
    this.unread = new Set(value.keys())
  }

  /** Must be called last: refuses keys that were never asked for. */
  end(): void {
    for (const key of this.unread) this.fail(`holds the unknown key ${JSON.stringify(String(key).slice(0, 40))}`)
  }

  has(name: string): boolean {
    return this.map.has(name)
  }

  any(name: string): CborValue {
    this.unread.delete(name)
    const value = this.map.get(name)
    return value === undefined ? this.fail(`lacks "${name}"`) : value
  }

  text(name: string, maxBytes = MAX_NAME_BYTES): string {
    const value = this.any(name)
    if (typeof value !== 'string') return this.fail(`"${name}" is not text`)
    // A UTF-16 unit takes at most three bytes: cheap when short, exact when it matters.
    if (value.length * 3 > maxBytes && utf8Length(value) > maxBytes) {
      this.fail(`"${name}" is longer than ${maxBytes} bytes`)
    }
    const hidden = hiddenCharacter(value)
    if (hidden !== null) this.fail(`"${name}" holds ${hidden}, which no name may hold`)
    return value
  }

  oneOf<const T extends string>(name: string, choices: readonly T[]): T {
    const value = this.any(name)
    const choice = choices.find((candidate) => candidate === value)
    return choice ?? this.fail(`"${name}" is none of ${choices.join(', ')}`)
  }

  boolean(name: string): boolean {
    const value = this.any(name)
    return typeof value === 'boolean' ? value : this.fail(`"${name}" is not true or false`)
  }

  /** A safe integer within [least, most]. */
  integer(name: string, least: number, most: number): number {
    const value = this.any(name)
    if (typeof value !== 'number' || value < least || value > most) {
      return this.fail(`"${name}" is not an integer from ${least} to ${most}`)
    }
    return value
  }

  /** A count, index, size or sequence. */
  count(name: string, most: number = Number.MAX_SAFE_INTEGER): number {
    return this.integer(name, 0, most)
  }

  /** Microseconds since the epoch. */
  timeUs(name: string): number {
    return this.integer(name, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  }

  bytes(name: string, length: number): Uint8Array {
    const value = this.any(name)
    if (value instanceof Uint8Array && value.length === length) return value
    return this.fail(`"${name}" is not a byte string of ${length}`)
  }

  /** A value that may be CBOR null. */
  nullable<T>(name: string, read: (name: string) => T): T | null {
    if (this.any(name) === null) return null
    return read(name)
  }

  list<T>(name: string, most: number, read: (item: CborValue, where: string) => T): T[] {
    const value = this.any(name)
    if (!Array.isArray(value)) return this.fail(`"${name}" is not an array`)
    if (value.length > most) this.fail(`"${name}" has ${value.length} items; at most ${most}`)
    return value.map((item, i) => read(item, `${this.where} ${name}[${i}]`))
  }

  nested(name: string): Fields {
    return new Fields(this.any(name), `${this.where} ${name}`, this.code)
  }

  fail(what: string): never {
    throw new WireError(this.code, `${this.where} ${what}`)
  }
}

function utf8Length(text: string): number {
  let length = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return length
}

/** A fixed-length array item inside a list. */
export function tuple(item: CborValue, length: number, where: string, code: WireErrorCode): CborValue[] {
  if (Array.isArray(item) && item.length === length) return item
  throw new WireError(code, `${where} is not an array of ${length}`)
}

export function itemBytes(item: CborValue | undefined, length: number, where: string, code: WireErrorCode): Uint8Array {
  if (item instanceof Uint8Array && item.length === length) return item
  throw new WireError(code, `${where} is not a byte string of ${length}`)
}

export function itemCount(item: CborValue | undefined, where: string, code: WireErrorCode): number {
  if (typeof item === 'number' && item >= 0) return item
  throw new WireError(code, `${where} is not a count`)
}

export function itemText(
  item: CborValue | undefined,
  where: string,
  code: WireErrorCode,
  maxBytes = MAX_NAME_BYTES,
): string {
  if (typeof item === 'string' && utf8Length(item) <= maxBytes && hiddenCharacter(item) === null) return item
  throw new WireError(code, `${where} is not a text of at most ${maxBytes} bytes without control characters`)
}
