/** Looking into JSON whose shape nobody promises: what is not there reads as empty. For views, never for checks. */
import { LANGUAGES, textIn } from '../wire/languages.ts'
import type { Language, Translations } from '../wire/languages.ts'
import type { JsonObject } from './credential.ts'

export function objectAt(of: JsonObject, name: string): JsonObject {
  const value = of[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

export function listAt(of: JsonObject, name: string): JsonObject[] {
  const value = of[name]
  if (!Array.isArray(value)) return []
  return value.filter((one): one is JsonObject => typeof one === 'object' && one !== null && !Array.isArray(one))
}

export function textAt(of: JsonObject, name: string): string {
  const value = of[name]
  return typeof value === 'string' ? value : ''
}

/** A name of the ledger in the reader's language, where somebody gave it in that one; else its main text. */
export function textInAt(of: JsonObject, name: 'label' | 'name', language: Language): string {
  return textIn(language, textAt(of, name), translationsAt(of, name))
}

/** Of a name; undefined where there are none. */
export function translationsAt(of: JsonObject, name: 'label' | 'name'): Translations | undefined {
  const object = objectAt(of, `${name}s`)
  const given = LANGUAGES.filter((language) => textAt(object, language) !== '')
  return given.length === 0
    ? undefined
    : Object.fromEntries(given.map((language) => [language, textAt(object, language)]))
}

export function numberAt(of: JsonObject, name: string): number {
  const value = of[name]
  return typeof value === 'number' ? value : 0
}

/** Two numbers, such as a span of time; null for anything else. */
export function spanAt(of: JsonObject, name: string): [number, number] | null {
  const value = of[name]
  if (!Array.isArray(value) || value.length !== 2) return null
  const [from, to] = value
  return typeof from === 'number' && typeof to === 'number' ? [from, to] : null
}
