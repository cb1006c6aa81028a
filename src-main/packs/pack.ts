/**
 * A pack: a rule that judges assets, what it says of itself, and its words (docs/FORMATS.md, "Packs").
 *
 *   rule hash = SHA-256 of the canonical JSON of {pack: pack.json without "words", rule: the text of rule.js}
 *   pack hash = SHA-256 of the canonical JSON of {pack: pack.json, rule, words: {en, de}}
 *
 * A channel activates both: what decides is named by the first, and whoever mends a word changes the second alone. Files are
 * compared by what they say, so that neither blanks nor the order of members change a hash.
 */
import { refuse } from '../record/schema.ts'
import { sha256, utf8 } from '../wire/bytes.ts'
import { canonicalJson } from '../wire/json.ts'
import type { JsonValue } from '../wire/json.ts'
import { LANGUAGES } from '../wire/languages.ts'
import { readManifest } from './manifest.ts'
import type { PackManifest } from './manifest.ts'
import { object } from './strict-json.ts'
import type { Read } from './strict-json.ts'
import { readWords } from './words.ts'
import type { PackWords, WordsJson } from './words.ts'

/** A pack as it stands in its folder, and as a certificate encloses it. */
export interface PackFiles {
  /** Text of `rule.js`. */
  readonly rule: string
  /** `pack.json`. */
  readonly pack: JsonValue
  /** `words/*.json`. */
  readonly words: WordsJson
}

export interface Pack {
  readonly files: PackFiles
  readonly manifest: PackManifest
  readonly words: PackWords
  readonly ruleHash: Uint8Array
  readonly hash: Uint8Array
}

const anything = (value: JsonValue): JsonValue => value
/** Lines and all: whoever runs it bounds it. */
const source: Read<string> = (item, where) => (typeof item === 'string' ? item : refuse(where, 'is no text'))
const filesJson = object({
  rule: source,
  pack: anything,
  words: object(Object.fromEntries(LANGUAGES.map((language) => [language, anything]))),
})

/** As JSON, where it is handed on in one. Throws WireError naming `where`. */
export function packFiles(json: JsonValue, where: string): PackFiles {
  const { rule, pack, words } = filesJson(json, where)
  return { rule, pack, words: words as unknown as WordsJson }
}

/** `folder` names its files in errors. Throws PackError `pack_malformed`, WireError `unencodable`. */
export function readPack(files: PackFiles, folder: string): Pack {
  const { rule, pack, words } = files
  const manifest = readManifest(pack, `${folder}/pack.json`)
  const { words: _languages, ...deciding } = pack as { [name: string]: JsonValue }
  return {
    files,
    manifest,
    words: readWords(manifest, words, `${folder}/words`),
    ruleHash: sha256(utf8(canonicalJson({ pack: deciding, rule }))),
    hash: sha256(utf8(canonicalJson({ pack, rule, words }))),
  }
}
