import { HASH_BYTES } from '../../wire/limits.ts'
import type { Kind } from '../kind.ts'
import { MANAGERS } from '../person-fields.ts'
import { bytes, record, text, timeUs } from '../schema.ts'

export interface CertificateIssued {
  readonly certificateHash: Uint8Array
  readonly asset: string
  readonly pack: string
  readonly verdict: string
  readonly fromUs: number
  readonly toUs: number
}

export const certificateIssued: Kind<CertificateIssued> = {
  form: record({
    certificateHash: bytes(HASH_BYTES),
    asset: text(),
    pack: text(),
    verdict: text(),
    fromUs: timeUs,
    toUs: timeUs,
  }),
  roles: MANAGERS,
  // Whoever has nothing to do with an asset could lengthen its history at will.
  related: ({ asset }) => [asset],
  assets: ({ asset }) => [asset],
  contracts: 'refuse',
  codes: ['pack-inactive', 'period-reversed'],
  decide(view, _event, { pack, fromUs, toUs }) {
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
