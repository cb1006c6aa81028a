/**
 * Whether a JSON text is its own canonical form (RFC 8785), found in one pass and without building what it says: a stranger's file of
 * tens of megabytes costs its own length, and only the members that somebody asks for are read.
 */
import { WireError } from './errors.ts'
import type { JsonLimits } from './json.ts'
import { MAX_JSON_DEPTH } from './limits.ts'

/** Where a member's value stands, in UTF-16 units: from (inclusive) to (exclusive). `nameAt`: where its name begins. */
export interface Span {
  readonly nameAt: number
  readonly from: number
  readonly to: number
}

/**
 * Members of the object that a canonical text is, by name; those of the member `inside`, where it is an object, as `inside/name`.
 * Throws WireError `malformed_json` with the position of the first character that no canonical text has there, `too_large`
 * (length or number of values) or `too_deep`.
 */
export function canonicalMembers(text: string, inside: string, limits: JsonLimits): ReadonlyMap<string, Span> {
  if (text.length > limits.maxLength)
    throw new WireError('too_large', `JSON of ${text.length} characters; at most ${limits.maxLength} are read here`)
  const scan = new CanonicalScan(text, inside, limits)
  scan.document()
  return scan.members
}

const PLAIN_TEXT = /"[^"\\\u0000-\u001f]*"/y
const ANY_TEXT = /"(?:[^"\\\u0000-\u001f]|\\["\\bfnrt]|\\u00[01][0-9a-f])*"/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORDS = ['true', 'false', 'null'] as const

class CanonicalScan {
  readonly members = new Map<string, Span>()
  readonly #text: string
  readonly #inside: string
  readonly #maxDepth: number
  readonly #maxValues: number
  #at = 0
  #values = 0

  constructor(text: string, inside: string, limits: JsonLimits) {
    this.#text = text
    this.#inside = inside
    this.#maxDepth = limits.maxDepth ?? MAX_JSON_DEPTH
    this.#maxValues = limits.maxValues ?? Number.POSITIVE_INFINITY
  }

  document(): void {
    if (this.#text[0] !== '{') this.#fail('expected an object')
    this.#object(0, '')
    if (this.#at !== this.#text.length) this.#fail('text after the end of the value')
  }

  /** `path`: '' at the top, the prefix of noted names in the member `inside`, null elsewhere. */
  #value(depth: number, path: string | null): void {
    if (depth > this.#maxDepth) throw new WireError('too_deep', `JSON nested deeper than ${this.#maxDepth}`)
    if (++this.#values > this.#maxValues)
      throw new WireError('too_large', `JSON of more than ${this.#maxValues} values; no more are read here`)
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth, path)
      case '[':
        return this.#array(depth)
      case '"':
        return void this.#string()
      case 't':
      case 'f':
      case 'n':
        return this.#word()
      default:
        return this.#number()
    }
  }

  #object(depth: number, path: string | null): void {
    this.#at++
    if (this.#skip('}')) return
    let before: string | null = null
    for (;;) {
      const nameAt = this.#at
      if (this.#text[nameAt] !== '"') this.#fail('expected a member name')
      const name = this.#string()
      if (before !== null && name <= before) this.#failAt(nameAt, 'a member that is not in canonical order')
      before = name
      if (!this.#skip(':')) this.#fail('expected ":"')
      const from = this.#at
      this.#value(depth + 1, path === '' && name === this.#inside ? `${name}/` : null)
      if (path !== null) this.members.set(path + name, { nameAt, from, to: this.#at })
      if (this.#skip('}')) return
      if (!this.#skip(',')) this.#fail('expected "," or "}"')
    }
  }

  #array(depth: number): void {
    this.#at++
    if (this.#skip(']')) return
    for (;;) {
      this.#value(depth + 1, null)
      if (this.#skip(']')) return
      if (!this.#skip(',')) this.#fail('expected "," or "]"')
    }
  }

  /** RFC 8785 3.2.2.2: escapes only where they must be, each in its one spelling. */
  #string(): string {
    const start = this.#at
    PLAIN_TEXT.lastIndex = start
    if (PLAIN_TEXT.test(this.#text)) {
      this.#at = PLAIN_TEXT.lastIndex
      return this.#text.slice(start + 1, this.#at - 1)
    }
    ANY_TEXT.lastIndex = start
    if (!ANY_TEXT.test(this.#text)) this.#fail('a string that is unfinished or not canonical')
    this.#at = ANY_TEXT.lastIndex
    const token = this.#text.slice(start, this.#at)
    const text = JSON.parse(token) as string
    if (JSON.stringify(text) !== token) this.#failAt(start, 'a string that is not canonical')
    return text
  }

  /** RFC 8785 3.2.2.3: as ECMAScript prints the double. */
  #number(): void {
    const start = this.#at
    NUMBER.lastIndex = start
    if (!NUMBER.test(this.#text)) this.#fail('expected a value')
    this.#at = NUMBER.lastIndex
    const token = this.#text.slice(start, this.#at)
    if (String(Number(token)) !== token) this.#failAt(start, 'a number that is not canonical')
  }

  #word(): void {
    const word = WORDS.find((one) => this.#text.startsWith(one, this.#at))
    if (word === undefined) return this.#fail('expected a value')
    this.#at += word.length
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #fail(what: string): never {
    return this.#failAt(this.#at, what)
  }

  #failAt(at: number, what: string): never {
    const excerpt = JSON.stringify(this.#text.slice(Math.max(0, at - 12), at + 24))
    throw new WireError('malformed_json', `JSON at character ${at}, near ${excerpt}: ${what}`)
  }
}
