/** What stands of certificates: who issued some about an asset, and what an issuer said of one later. docs/FORMATS.md, "State". */
import { actorIdOf } from '../wire/ids.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import { MAX_MEMBERS } from '../wire/limits.ts'
import { documentHash } from './document-fields.ts'
import type { DocumentHash } from './document-fields.ts'
import { count, id, list, nullable, record, text, tuple } from './schema.ts'
import type { Form } from './schema.ts'

/** SHA-256 of the file, in hex. */
export type CertificateHash = DocumentHash
export const certificateHash = documentHash

/** ["core","asset-issuers",asset]: members that issued a certificate about it, in that order. They may take back what they issued, whoever holds the asset by then. */
export interface AssetIssuers {
  readonly members: readonly ActorId[]
}

/** The last word of a member about a certificate: `by` is what stands in its place; null: it is revoked. It counts where that member issued it. */
export interface CertificateWord {
  readonly member: ActorId
  readonly entry: LeafIndex
  readonly by: CertificateHash | null
}

/** ["core","certificate-status",hash]; there is none while nothing was said against it. */
export interface CertificateStatus {
  readonly asset: string
  readonly words: readonly CertificateWord[]
}

const word: Form<CertificateWord> = tuple({ member: id(actorIdOf), entry: count, by: nullable(certificateHash) })

export const assetIssuers: Form<AssetIssuers> = record({ members: list(id(actorIdOf), MAX_MEMBERS) })
export const certificateStatus: Form<CertificateStatus> = record({ asset: text(), words: list(word, MAX_MEMBERS) })
