/** Certificates: that one was issued, stands in the place of another, or is taken back. docs/FORMATS.md, "Entry". */
import { toHex } from '../../wire/bytes.ts'
import type { ActorId } from '../../wire/ids.ts'
import { HASH_BYTES, MAX_TEXT_BYTES } from '../../wire/limits.ts'
import type { CertificateHash, CertificateWord } from '../certificate-state.ts'
import type { Decision, Kind } from '../kind.ts'
import type { PackState } from '../pack-state.ts'
import { MANAGERS } from '../person-fields.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { bytes, optional, record, text, timeUs } from '../schema.ts'
import type { StateChange, StateView } from '../state-view.ts'

export interface CertificateIssued {
  readonly certificateHash: Uint8Array
  readonly asset: string
  readonly pack: string
  readonly verdict: string
  readonly fromUs: number
  readonly toUs: number
  /** The certificate of this issuer in whose place it stands. */
  readonly supersedes?: Uint8Array
}

export interface CertificateRevoked {
  readonly certificateHash: Uint8Array
  readonly asset: string
  readonly reason: string
}

export const certificateIssued: Kind<CertificateIssued> = {
  form: record({
    certificateHash: bytes(HASH_BYTES),
    asset: text(),
    pack: text(),
    verdict: text(),
    fromUs: timeUs,
    toUs: timeUs,
    supersedes: optional(bytes(HASH_BYTES)),
  }),
  roles: MANAGERS,
  // Whoever has nothing to do with an asset could lengthen its history at will.
  related: ({ asset }) => [asset],
  assets: ({ asset }) => [asset],
  contracts: 'refuse',
  codes: [
    'pack-inactive',
    'period-reversed',
    'certificate-itself',
    'certificate-foreign',
    'certificate-asset-other',
    'certificate-revoked',
  ],
  decide(view, { actor }, { certificateHash, asset, pack, fromUs, toUs, supersedes }) {
    if (!mayCertify(view.get('pack', pack), toUs)) return 'pack-inactive'
    if (fromUs > toUs) return 'period-reversed'
    const members = view.get('asset-issuers', asset)?.members ?? []
    const issuers: StateChange[] = members.includes(actor)
      ? []
      : [{ kind: 'asset-issuers', id: asset, value: { members: [...members, actor] } }]
    if (supersedes === undefined) return issuers
    const by = toHex(certificateHash) as CertificateHash
    if (toHex(supersedes) === by) return 'certificate-itself'
    const said = spoken(view, actor, { certificateHash: supersedes, asset }, by)
    return typeof said === 'string' ? said : [...issuers, ...said]
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

/** A retired pack may still judge what was before. */
function mayCertify(pack: PackState | undefined, toUs: number): boolean {
  if (pack === undefined) return false
  return pack.retired === null || toUs <= pack.retired.timeUs
}

/** Protects: one signature takes it back, whoever holds the asset by then, and nothing gives it back. */
export const certificateRevoked: Kind<CertificateRevoked> = {
  form: record({ certificateHash: bytes(HASH_BYTES), asset: text(), reason: text(MAX_TEXT_BYTES) }),
  byHand: true,
  roles: MANAGERS,
  assets: ({ asset }) => [asset],
  contracts: 'note',
  codes: ['certificate-foreign', 'certificate-asset-other', 'certificate-revoked'],
  decide: (view, { actor }, body) => spoken(view, actor, body, null),
  example: {
    certificateHash: new Uint8Array(HASH_BYTES),
    asset: 'VIN:WDB9066331S123456',
    reason: 'Its readings came from the wrong vehicle.',
  },
}

/** A word about a certificate, in the place of what its member said of it before. */
function spoken(
  view: StateView,
  member: ActorId,
  { certificateHash, asset }: Pick<CertificateRevoked, 'certificateHash' | 'asset'>,
  by: CertificateHash | null,
): Exclude<Decision, { changes: unknown }> | CoreRefusalCode {
  if (view.get('asset-issuers', asset)?.members.includes(member) !== true) return 'certificate-foreign'
  const id = toHex(certificateHash) as CertificateHash
  const known = view.get('certificate-status', id)
  if (known !== undefined && known.asset !== asset) return 'certificate-asset-other'
  const own = known?.words.find((word) => word.member === member)
  if (own?.by === null) return 'certificate-revoked'
  const others = known?.words.filter((word) => word !== own) ?? []
  const word: CertificateWord = { member, entry: view.index, by }
  return [{ kind: 'certificate-status', id, value: { asset, words: [...others, word] } }]
}
