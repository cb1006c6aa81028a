/** What is said of an asset when it is registered, which its state value keeps. */
import { WireError } from '../wire/errors.ts'
import type { Fields } from '../wire/fields.ts'
import { itemText } from '../wire/fields.ts'
import { jsonOfCbor } from '../wire/json-cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { nameOf, readTranslations } from '../wire/languages.ts'
import type { Name } from '../wire/languages.ts'
import { MAX_PACKS } from '../wire/limits.ts'
import { refuseHidden } from '../wire/plain-text.ts'

const CODE = 'malformed_event'

export interface AssetRegistered extends Name {
  readonly asset: string
  readonly scheme: string
  readonly type: string
  readonly attributes: { readonly [name: string]: JsonValue }
  readonly packs: readonly string[]
  readonly simulated: boolean
}

export function readAssetFields(fields: Fields): Omit<AssetRegistered, 'asset'> {
  const attributes = jsonOfCbor(fields.any('attributes'), 'attributes')
  if (attributes === null || typeof attributes !== 'object' || Array.isArray(attributes)) {
    throw new WireError(CODE, 'asset attributes are not a map')
  }
  refuseHidden(attributes, 'an asset attribute', CODE)
  const name = fields.text('name')
  return {
    scheme: fields.text('scheme'),
    type: fields.text('type'),
    ...nameOf({ name, names: readTranslations(fields, 'names', name) }),
    attributes,
    packs: fields.list('packs', MAX_PACKS, (item, where) => itemText(item, where, CODE)),
    simulated: fields.boolean('simulated'),
  }
}
