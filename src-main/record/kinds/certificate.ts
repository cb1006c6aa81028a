import { HASH_BYTES } from '../../wire/limits.ts'
import type { Kind } from '../kind.ts'

export interface CertificateIssued {
  readonly certificateHash: Uint8Array
  readonly asset: string
  readonly pack: string
  readonly verdict: string
  readonly fromUs: number
  readonly toUs: number
}

export const certificateIssued: Kind<CertificateIssued> = {
  encode: (body) => ({ ...body }),
  decode: (fields) => ({
    certificateHash: fields.bytes('certificateHash', HASH_BYTES),
    asset: fields.text('asset'),
    pack: fields.text('pack'),
    verdict: fields.text('verdict'),
    fromUs: fields.timeUs('fromUs'),
    toUs: fields.timeUs('toUs'),
  }),
  assets: ({ asset }) => [asset],
  decide(view, _event, { asset, pack, fromUs, toUs }) {
    if (view.get('asset', asset) === undefined) return 'asset-unknown'
    if (view.get('pack', pack) === undefined) return 'pack-inactive'
    return fromUs <= toUs ? [] : 'period-reversed'
  },
  example: {
    certificateHash: new Uint8Array(HASH_BYTES),
    asset: 'VIN:WDB9066331S123456',
    pack: 'example',
    verdict: 'PASS',
    fromUs: 1_773_208_800_000_000,
    toUs: 1_773_212_400_000_000,
  },
}
