import { equalBytes, utf8 } from '../../wire/bytes.ts'
import { actorIdOf } from '../../wire/ids.ts'
import type { ActorId } from '../../wire/ids.ts'
import { ID_BYTES, MAX_ATTRIBUTES, MAX_NAME_BYTES } from '../../wire/limits.ts'
import { encodeCbor } from '../../wire/cbor.ts'
import { assetFields, checkAsset } from '../asset-fields.ts'
import type { AssetRegistered, Attributes } from '../asset-fields.ts'
import { encodeCoreValue } from '../core-state.ts'
import type { AssetState } from '../core-state.ts'
import type { Kind } from '../kind.ts'
import { packInForce } from '../pack-view.ts'
import { MANAGERS, WRITERS } from '../person-fields.ts'
import { relationRefusal } from '../relation.ts'
import { checked, id, record, refuse, text } from '../schema.ts'

/** Printable ASCII without blanks at its ends: an id has one spelling, and no two ids look alike. */
const ASSET_ID = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/

export const assetRegistered: Kind<AssetRegistered> = {
  form: checked(record({ asset: text(), ...assetFields }), checkAsset),
  byHand: true,
  roles: WRITERS,
  assets: ({ asset }) => [asset],
  contracts: 'refuse',
  codes: ['asset-id-malformed', 'no-relation', 'asset-differs', 'pack-twice', 'pack-inactive'],
  decide(view, { actor }, { asset, ...registered }) {
    if (!ASSET_ID.test(asset)) return 'asset-id-malformed'
    const known = view.get('asset', asset)
    // Two gateways of one owner may come to the same asset at the same time; to anybody else it is somebody's already.
    const refused = known === undefined ? null : relationRefusal(view, actor, asset)
    if (refused !== null) return refused
    if (known !== undefined) return isSame(known, registered) ? [] : 'asset-differs'
    if (new Set(registered.packs).size !== registered.packs.length) return 'pack-twice'
    if (registered.packs.some((id) => packInForce(view, id) === undefined)) return 'pack-inactive'
    return [
      { kind: 'asset', id: asset, value: registered },
      { kind: 'asset-owner', id: asset, value: { actor } },
      { kind: 'asset-holder', id: asset, value: { actor } },
    ]
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

/** A member becomes a party of an asset, and may speak about it from then on. */
export interface AssetBound {
  readonly asset: string
  readonly party: ActorId
}

/** Its owner or holder says so, and nobody can take the word back here: what a party said stays said. */
export const assetBound: Kind<AssetBound> = {
  form: record({ asset: text(), party: id(actorIdOf) }),
  byHand: true,
  roles: MANAGERS,
  disposed: ({ asset }) => [asset],
  assets: ({ asset }) => [asset],
  contracts: 'refuse',
  codes: ['receiver-no-member'],
  decide(view, _event, { asset, party }) {
    if (view.get('member', party) === undefined) return 'receiver-no-member'
    const actors = view.get('asset-parties', asset)?.actors ?? []
    if (actors.includes(party)) return []
    return [{ kind: 'asset-parties', id: asset, value: { actors: [...actors, party] } }]
  },
  example: { asset: 'VIN:WDB9066331S123456', party: actorIdOf(new Uint8Array(ID_BYTES)) },
}

/** What somebody says of an asset, name by name; what was said before under a name stays in the record. */
export interface AssetAttributed {
  readonly asset: string
  readonly attributes: Attributes
}

export const assetAttributed: Kind<AssetAttributed> = {
  form: checked(record({ asset: text(), attributes: assetFields.attributes }), ({ attributes }, where) => {
    const names = Object.keys(attributes)
    if (names.length === 0) refuse(where, 'states no attribute')
    if (names.length > MAX_ATTRIBUTES) refuse(where, `states ${names.length} attributes; at most ${MAX_ATTRIBUTES}`)
    for (const name of names)
      if (utf8(name).length > MAX_NAME_BYTES) refuse(where, `has an attribute name longer than ${MAX_NAME_BYTES} bytes`)
  }),
  byHand: true,
  roles: WRITERS,
  related: ({ asset }) => [asset],
  assets: ({ asset }) => [asset],
  contracts: 'note',
  codes: [],
  decide(view, { actor }, { asset, attributes }) {
    return Object.entries(attributes).map(([name, value]) => ({
      kind: 'asset-attribute',
      id: [asset, name],
      value: { value, actor, statedAt: view.index },
    }))
  },
  example: { asset: 'VIN:WDB9066331S123456', attributes: { colour: 'white', doors: 4 } },
}

function isSame(known: AssetState, given: AssetState): boolean {
  const bytesOf = (asset: AssetState): Uint8Array => encodeCbor(encodeCoreValue('asset', asset))
  return equalBytes(bytesOf(known), bytesOf(given))
}
