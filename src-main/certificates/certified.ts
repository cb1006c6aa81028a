/** What a certificate is about, in the few facts that a reader must know before hearing whether it holds. */
import type { Translations } from '../wire/languages.ts'
import { continuedIn } from './continues-words.ts'
import type { ContinuedLedger } from './continues-words.ts'
import type { JsonObject } from './credential.ts'
import { objectAt, textAt, translationsAt } from './json-access.ts'
import type { Claims } from './verification.ts'

/** Texts out of a file that anybody may have written: whoever shows them escapes them. */
export interface Certified {
  asset: string
  assetName: string
  /** The same in further languages; null where there are none. */
  assetNames: Translations | null
  pack: string
  packVersion: string
  /** ISO 8601, UTC. */
  period: { from: string; to: string }
  /** The ledger that the channel continues; null where it continues none. */
  continues: ContinuedLedger | null
  verdict: string
  figures: JsonObject
  /** Legal name of the issuer, or its name where it has none. */
  issuer: string
  /** By the issuer's clock; ISO 8601, UTC. */
  signedAt: string
}

/** Null where the file could not be read. What is not as it should be reads as empty. */
export function certifiedOf(claims: Claims | null): Certified | null {
  if (claims === null) return null
  const { subject, signedAt } = claims
  const [asset, pack, period, issuer] = ['asset', 'pack', 'period', 'issuedBy'].map((name) =>
    objectAt(subject, name),
  ) as [JsonObject, JsonObject, JsonObject, JsonObject]
  return {
    asset: textAt(asset, 'id'),
    assetName: textAt(asset, 'name'),
    assetNames: translationsAt(asset, 'name') ?? null,
    pack: textAt(pack, 'id'),
    packVersion: textAt(pack, 'version'),
    period: { from: textAt(period, 'from'), to: textAt(period, 'to') },
    continues: continuedIn(subject),
    verdict: textAt(subject, 'verdict'),
    figures: objectAt(subject, 'figures'),
    issuer: textAt(issuer, 'legalName') || textAt(issuer, 'name'),
    signedAt,
  }
}
