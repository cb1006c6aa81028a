import { HASH_BYTES } from '../../wire/limits.ts'
import { TRUST_DECISIONS } from '../../wire/stream-words.ts'
import type { TrustDecision } from '../../wire/stream-words.ts'
import { noAssets, noEffect } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { bytes, oneOf, record, text } from '../schema.ts'

export type SourceDecision = TrustDecision

/** A person's decision about the certificate that a source showed. */
export interface SourceDecided {
  readonly source: string
  /** SHA-256 of the certificate. */
  readonly fingerprint: Uint8Array
  readonly decision: SourceDecision
  readonly name: string
  /** What the person was signed in as; the statement's own role is the gateway's. */
  readonly personRole: string
}

export const sourceDecided: Kind<SourceDecided> = {
  form: record({
    source: text(),
    fingerprint: bytes(HASH_BYTES),
    decision: oneOf(TRUST_DECISIONS),
    name: text(),
    personRole: text(),
  }),
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: {
    source: 'press',
    fingerprint: new Uint8Array(HASH_BYTES),
    decision: 'trust',
    name: 'A. Example',
    personRole: 'installer',
  },
}
