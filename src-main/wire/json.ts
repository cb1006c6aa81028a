/**
 * JSON where bytes matter: RFC 8785 canonical text out, and a parser that refuses what two programs could read
 * differently (duplicate keys, lone surrogates, numbers beyond a double's range, trailing text).
 */
import { WireError } from './errors.ts'
import { MAX_JSON_DEPTH } from './limits.ts'

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }
/** Read-only view for callers that only pass JSON on. */
export type JsonInput =
  | null
  | boolean
  | number
  | string
  | readonly JsonInput[]
  | { readonly [key: string]: JsonInput | undefined }

/**
 * RFC 8785 (JCS): keys in UTF-16 order, numbers as ECMAScript prints them, no spaces. Undefined members are left out.
 * Throws WireError `unencodable` for NaN, infinities and lone surrogates.
 */
export function canonicalJson(value: JsonInput): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return canonicalString(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new WireError('unencodable', `JSON has no form for ${value}`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${(value as readonly JsonInput[]).map(canonicalJson).join(',')}]`
  const members = Object.entries(value as { readonly [key: string]: JsonInput | undefined })
  const present = members.filter((member): member is [string, JsonInput] => member[1] !== undefined)
  // Array.prototype.sort on strings without a comparator would do the same; spelt out because it is the rule.
  present.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${present.map(([key, member]) => `${canonicalString(key)}:${canonicalJson(member)}`).join(',')}}`
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new WireError('unencodable', 'JSON text holds a lone surrogate')
  return JSON.stringify(text)
}

/** Bounds of a JSON text; lengths in UTF-16 units. */
export interface JsonLimits {
  readonly maxLength: number
  readonly maxDepth?: number
  /** Arrays, objects, texts, numbers and words altogether; member names do not count. Each takes memory of its own. */
  readonly maxValues?: number
}

const VALUES_MAX = 2_000_000

/**
 * Reads RFC 8259 JSON, refusing duplicate keys, lone surrogates, numbers that overflow a double, and anything after the
 * value. Throws WireError `malformed_json` with the position, `duplicate_key`, `too_large` (length or number of values) or
 * `too_deep`.
 */
export function parseStrictJson(text: string, limits: JsonLimits = { maxLength: 64 * 1024 * 1024 }): JsonValue {
  if (text.length > limits.maxLength) {
    throw new WireError('too_large', `JSON of ${text.length} characters; at most ${limits.maxLength} are read here`)
  }
  const reader = new JsonReader(text, limits.maxDepth ?? MAX_JSON_DEPTH, limits.maxValues ?? VALUES_MAX)
  return reader.document()
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class JsonReader {
  private at = 0
  private readonly text: string
  private readonly maxDepth: number
  private readonly maxValues: number
  private values = 0

  constructor(text: string, maxDepth: number, maxValues: number) {
    this.text = text
    this.maxDepth = maxDepth
    this.maxValues = maxValues
  }

  document(): JsonValue {
    const value = this.value(0)
    this.space()
    if (this.at !== this.text.length) this.fail('text after the end of the value')
    return value
  }

  private value(depth: number): JsonValue {
    if (depth > this.maxDepth) throw new WireError('too_deep', `JSON nested deeper than ${this.maxDepth}`)
    if (++this.values > this.maxValues) {
      throw new WireError('too_large', `JSON of more than ${this.maxValues} values; no more are read here`)
    }
    this.space()
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth)
      case '[':
        return this.array(depth)
      case '"':
        return this.string()
      case 't':
        return this.word('true', true)
      case 'f':
        return this.word('false', false)
      case 'n':
        return this.word('null', null)
      default:
        return this.number()
    }
  }

  private object(depth: number): JsonValue {
    const entries: [string, JsonValue][] = []
    const seen = new Set<string>()
    this.at++
    this.space()
    if (this.skip('}')) return {}
    for (;;) {
      this.space()
      if (this.text[this.at] !== '"') this.fail('expected a member name')
      const key = this.string()
      if (seen.has(key)) {
        throw new WireError('duplicate_key', `JSON at character ${this.at}: member ${JSON.stringify(key)} occurs twice`)
      }
      seen.add(key)
      this.space()
      if (!this.skip(':')) this.fail('expected ":"')
      entries.push([key, this.value(depth + 1)])
      this.space()
      if (this.skip('}')) return Object.fromEntries(entries)
      if (!this.skip(',')) this.fail('expected "," or "}"')
    }
  }

  private array(depth: number): JsonValue {
    const items: JsonValue[] = []
    this.at++
    this.space()
    if (this.skip(']')) return items
    for (;;) {
      items.push(this.value(depth + 1))
      this.space()
      if (this.skip(']')) return items
      if (!this.skip(',')) this.fail('expected "," or "]"')
    }
  }

  private string(): string {
    this.at++
    let text = ''
    for (;;) {
      PLAIN_TEXT.lastIndex = this.at
      text += PLAIN_TEXT.exec(this.text)![0]
      this.at = PLAIN_TEXT.lastIndex
      const character = this.text[this.at]
      if (character === '"') break
      if (character !== '\\') this.fail('unescaped control character or unfinished string')
      text += this.escape()
    }
    this.at++
    if (!text.isWellFormed()) this.fail('string holds a lone surrogate')
    return text
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? ''
    if (letter === 'u') {
      const digits = this.text.slice(this.at + 2, this.at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('unfinished \\u escape')
      this.at += 6
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
    if (character === undefined) return this.fail('unknown escape')
    this.at += 2
    return character
  }

  private number(): number {
    NUMBER.lastIndex = this.at
    const match = NUMBER.exec(this.text)
    if (match === null) return this.fail('expected a value')
    this.at = NUMBER.lastIndex
    const value = Number(match[0])
    if (!Number.isFinite(value)) this.fail('number is beyond the range of a double')
    return value
  }

  private word<T extends JsonValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('expected a value')
    this.at += word.length
    return value
  }

  private skip(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.at++
    }
  }

  private fail(what: string): never {
    throw new WireError('malformed_json', `JSON at character ${this.at}: ${what}`)
  }
}
