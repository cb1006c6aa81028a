import { equalBytes } from '../../wire/bytes.ts'
import { encodeCbor } from '../../wire/cbor.ts'
import { assetFields, checkAsset } from '../asset-fields.ts'
import type { AssetRegistered } from '../asset-fields.ts'
import { encodeCoreValue } from '../core-state.ts'
import type { AssetState } from '../core-state.ts'
import type { Kind } from '../kind.ts'
import { checked, record, text } from '../schema.ts'

/** Printable ASCII without blanks at its ends: an id has one spelling, and no two ids look alike. */
const ASSET_ID = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/

export const assetRegistered: Kind<AssetRegistered> = {
  form: checked(record({ asset: text(), ...assetFields }), checkAsset),
  byHand: true,
  assets: ({ asset }) => [asset],
  decide(view, _event, { asset, ...registered }) {
    if (!ASSET_ID.test(asset)) return 'asset-id-malformed'
    const known = view.get('asset', asset)
    // Two gateways may come to the same asset at the same time.
    if (known !== undefined) return isSame(known, registered) ? [] : 'asset-differs'
    if (new Set(registered.packs).size !== registered.packs.length) return 'pack-twice'
    if (registered.packs.some((id) => view.get('pack', id) === undefined)) return 'pack-inactive'
    return [{ kind: 'asset', id: asset, value: { ...registered, streams: [] } }]
  },
  example: {
    asset: 'VIN:WDB9066331S123456',
    scheme: 'VIN',
    type: 'vehicle',
    name: 'Van 7',
    names: { de: 'Transporter 7' },
    attributes: { doors: 4, load: [1.5, null] },
    packs: [],
    simulated: true,
  },
}

function isSame(known: AssetState, given: Omit<AssetRegistered, 'asset'>): boolean {
  const bytesOf = (asset: Omit<AssetState, 'streams'>): Uint8Array =>
    encodeCbor(encodeCoreValue('asset', { ...asset, streams: [] }))
  return equalBytes(bytesOf(known), bytesOf(given))
}
