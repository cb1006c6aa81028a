/** What is said of an asset when it is registered, which its state value keeps. */
import type { JsonValue } from '../wire/json.ts'
import type { Name } from '../wire/languages.ts'
import { MAX_PACKS } from '../wire/limits.ts'
import { refuseHidden } from '../wire/plain-text.ts'
import { boolean, json, list, optional, refuse, text } from './schema.ts'
import { checkTranslations, translations } from './translations.ts'

export type Attributes = { readonly [name: string]: JsonValue }

export interface AssetRegistered extends Name {
  readonly asset: string
  readonly scheme: string
  readonly type: string
  readonly attributes: Attributes
  readonly packs: readonly string[]
  readonly simulated: boolean
}

export const assetFields = {
  scheme: text(),
  type: text(),
  name: text(),
  names: optional(translations),
  attributes: json<{ [name: string]: JsonValue }>((value, where) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return refuse(where, 'is not a map')
    refuseHidden(value, where, 'malformed_event')
    return value
  }),
  packs: list(text(), MAX_PACKS),
  simulated: boolean,
}

export function checkAsset({ name, names }: Name, where: string): void {
  checkTranslations(name, names, where)
}
