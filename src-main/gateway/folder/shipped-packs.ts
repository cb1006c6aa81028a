/** The packs that come with this release: each folder of `src-main/packs` that holds a `pack.json`. A channel activates them by hash. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPack } from '../../packs/pack.ts'
import type { Pack } from '../../packs/pack.ts'
import type { WordsJson } from '../../packs/words.ts'
import { equalBytes } from '../../wire/bytes.ts'
import { parseStrictJson } from '../../wire/json.ts'
import type { JsonValue } from '../../wire/json.ts'
import { LANGUAGES } from '../../wire/languages.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'packs')
const FILE_CHARS_MAX = 512 * 1024

let shipped: readonly Pack[] | undefined

/**
 * What a new channel activates, ascending by id. Once there is a second version of a pack, the first keeps a folder of its own: channels
 * keep what they activated. Throws PackError `pack_malformed`, and WireError for what is no JSON.
 */
export function shippedPacks(): readonly Pack[] {
  shipped ??= readdirSync(FOLDER)
    .filter((name) => existsSync(join(FOLDER, name, 'pack.json')))
    .map((name) => packFolder(join(FOLDER, name), `packs/${name}`))
    .toSorted((a, b) => (a.manifest.id < b.manifest.id ? -1 : 1))
  return shipped
}

/**
 * A pack's folder; `name` stands for it in errors. Throws PackError `pack_malformed`, and WireError for what is no JSON.
 */
export function packFolder(folder: string, name: string): Pack {
  const json = (...path: string[]): JsonValue =>
    parseStrictJson(readFileSync(join(folder, ...path), 'utf8'), { maxLength: FILE_CHARS_MAX })
  const words = Object.fromEntries(
    LANGUAGES.map((language) => [language, json('words', `${language}.json`)]),
  ) as WordsJson
  return readPack({ rule: ruleIn(folder), pack: json('pack.json'), words }, name)
}

/** `rule.js`, or where that would be long the files of `rule/`, one after the other in the order of their names: one script either way. */
function ruleIn(folder: string): string {
  const parts = join(folder, 'rule')
  const files = existsSync(parts) ? readdirSync(parts).toSorted() : ['../rule.js']
  return files.map((name) => readFileSync(join(parts, name), 'utf8')).join('')
}

/** The shipped pack of this hash; undefined where this release lacks it. */
export function shippedPack(hash: Uint8Array): Pack | undefined {
  return shippedPacks().find((pack) => equalBytes(pack.hash, hash))
}

/** Whether a quantity only ever counts up, by what any of them says of it. */
export function countsUp(quantity: string): boolean {
  return shippedPacks().some(
    ({ manifest: { quantities } }) => Object.hasOwn(quantities, quantity) && quantities[quantity]?.counts === 'up',
  )
}

/**
 * Packs that a channel founds itself on and whose rule this release has not: it could decide nothing by them. Where only their words are
 * others, it decides by them all the same, and issues no certificates.
 */
export function notShipped(wanted: readonly { id: string; version: string; ruleHash: Uint8Array }[]): string[] {
  const isShipped = (hash: Uint8Array): boolean => shippedPacks().some(({ ruleHash }) => equalBytes(ruleHash, hash))
  return wanted.filter(({ ruleHash }) => !isShipped(ruleHash)).map(({ id, version }) => `${id} ${version}`)
}
