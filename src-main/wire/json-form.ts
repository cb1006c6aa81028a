/**
 * Whether the bytes of a JSON text are its own canonical form (RFC 8785), found in one pass and without building what they say: a
 * stranger's file of tens of megabytes costs its own length, and only the members that somebody asks for are read.
 */
import { fromUtf8 } from './bytes.ts'
import { WireError } from './errors.ts'
import type { JsonLimits } from './json.ts'
import { MAX_JSON_DEPTH } from './limits.ts'

/** Where a member's value stands in the bytes: from (inclusive) to (exclusive). `nameAt`: where its name begins. */
export interface Span {
  readonly nameAt: number
  readonly from: number
  readonly to: number
}

/** An object whose members are noted may have so many: each takes memory, and nobody has vouched for the text yet. */
const NOTED_MAX = 64

/**
 * Members of the object that a canonical text is, by name; those of each member `inside` that is an object as `member/name`. None of
 * these objects may have more than 64.
 * Throws WireError `malformed_bytes` for what is no UTF-8, `malformed_json` with the position of the first byte that no canonical
 * text has there, `too_large` (length or number of values) or `too_deep`.
 */
export function canonicalMembers(
  bytes: Uint8Array,
  inside: readonly string[],
  limits: JsonLimits,
): ReadonlyMap<string, Span> {
  if (bytes.length > limits.maxLength)
    throw new WireError('too_large', `JSON of ${bytes.length} bytes; at most ${limits.maxLength} are read here`)
  checkUtf8(bytes)
  const scan = new CanonicalScan(bytes, inside, limits)
  scan.document()
  return scan.members
}

const PIECE_BYTES = 1 << 16

/** In pieces: the text as a whole would take up to twice its bytes in memory. */
function checkUtf8(bytes: Uint8Array): void {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream: true })
    decoder.decode()
  } catch {
    throw new WireError('malformed_bytes', `${bytes.length} bytes are not valid UTF-8`)
  }
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = [0x7b, 0x7d, 0x5b, 0x5d]
const LETTER_U = 0x75
/** After the backslash: `"`, `\\`, b, f, n, r, t. */
const SHORT_ESCAPES: readonly number[] = [QUOTE, BACKSLASH, 0x62, 0x66, 0x6e, 0x72, 0x74]
/** Control characters that have no letter. */
const LONG_ESCAPE = /^00(?:0[0-7be-f]|1[0-9a-f])$/
const NUMBER_BYTES_MAX = 32
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/
const WORDS = ['true', 'false', 'null'] as const

class CanonicalScan {
  readonly members = new Map<string, Span>()
  readonly #bytes: Uint8Array
  readonly #inside: readonly string[]
  readonly #maxDepth: number
  readonly #maxValues: number
  #at = 0
  #values = 0

  constructor(bytes: Uint8Array, inside: readonly string[], limits: JsonLimits) {
    this.#bytes = bytes
    this.#inside = inside
    this.#maxDepth = limits.maxDepth ?? MAX_JSON_DEPTH
    this.#maxValues = limits.maxValues ?? Number.POSITIVE_INFINITY
  }

  document(): void {
    if (this.#bytes[0] !== BRACE) this.#fail('expected an object')
    this.#object(0, '')
    if (this.#at !== this.#bytes.length) this.#fail('text after the end of the value')
  }

  /** `path`: '' at the top, the prefix of noted names in a member of `inside`, null elsewhere. */
  #value(depth: number, path: string | null): void {
    if (depth > this.#maxDepth) throw new WireError('too_deep', `JSON nested deeper than ${this.#maxDepth}`)
    if (++this.#values > this.#maxValues)
      throw new WireError('too_large', `JSON of more than ${this.#maxValues} values; no more are read here`)
    const byte = this.#bytes[this.#at]
    if (byte === BRACE) this.#object(depth, path)
    else if (byte === BRACKET) this.#array(depth)
    else if (byte === QUOTE) this.#string()
    else this.#scalar()
  }

  #object(depth: number, path: string | null): void {
    this.#at++
    if (this.#skip(BRACE_END)) return
    let before: string | null = null
    for (let count = 1; ; count++) {
      const nameAt = this.#at
      if (this.#bytes[nameAt] !== QUOTE) this.#fail('expected a member name')
      if (path !== null && count > NOTED_MAX) this.#fail(`an object with more than ${NOTED_MAX} members`)
      const isEscaped = this.#string()
      const name = isEscaped
        ? (JSON.parse(this.#text(nameAt, this.#at)) as string)
        : this.#text(nameAt + 1, this.#at - 1)
      // RFC 8785 3.2.3: by UTF-16 units, and so none twice.
      if (before !== null && name <= before) this.#failAt(nameAt, 'a member that is not in canonical order')
      before = name
      if (!this.#skip(COLON)) this.#fail('expected ":"')
      const from = this.#at
      this.#value(depth + 1, path === '' && this.#inside.includes(name) ? `${name}/` : null)
      if (path !== null) this.members.set(path + name, { nameAt, from, to: this.#at })
      if (this.#skip(BRACE_END)) return
      if (!this.#skip(COMMA)) this.#fail('expected "," or "}"')
    }
  }

  #array(depth: number): void {
    this.#at++
    if (this.#skip(BRACKET_END)) return
    for (;;) {
      this.#value(depth + 1, null)
      if (this.#skip(BRACKET_END)) return
      if (!this.#skip(COMMA)) this.#fail('expected "," or "]"')
    }
  }

  /** RFC 8785 3.2.2.2: escapes only where they must be, each in its one spelling. True where there is any. */
  #string(): boolean {
    this.#at++
    let escaped = false
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined || byte < 0x20) this.#fail('unescaped control character or unfinished string')
      if (byte === BACKSLASH) {
        escaped = true
        this.#escape()
      } else if (byte === QUOTE) break
      else this.#at++
    }
    this.#at++
    return escaped
  }

  /** A quotation mark, a backslash or a control character. */
  #escape(): void {
    const [, letter, ...code] = this.#bytes.subarray(this.#at, this.#at + 6)
    const isShort = SHORT_ESCAPES.includes(letter ?? 0)
    if (!isShort && (letter !== LETTER_U || !LONG_ESCAPE.test(String.fromCharCode(...code))))
      this.#fail('a string that is not canonical')
    this.#at += isShort ? 2 : 6
  }

  /** RFC 8785 3.2.2.3: a number as ECMAScript prints the double; or one of three words. */
  #scalar(): void {
    const head = String.fromCharCode(...this.#bytes.subarray(this.#at, this.#at + NUMBER_BYTES_MAX))
    const token = WORDS.find((word) => head.startsWith(word)) ?? NUMBER.exec(head)?.[0]
    if (token === undefined) return this.#fail('expected a value')
    if (token[0]! <= '9' && String(Number(token)) !== token) this.#fail('a number that is not canonical')
    this.#at += token.length
  }

  #skip(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false
    this.#at++
    return true
  }

  #text(from: number, to: number): string {
    return fromUtf8(this.#bytes.subarray(from, to))
  }

  #fail(what: string): never {
    return this.#failAt(this.#at, what)
  }

  #failAt(at: number, what: string): never {
    const near = new TextDecoder().decode(this.#bytes.subarray(Math.max(0, at - 12), at + 24))
    throw new WireError('malformed_json', `JSON at byte ${at}, near ${JSON.stringify(near)}: ${what}`)
  }
}
