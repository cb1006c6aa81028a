/** Words of a stream that its configuration, the ledger and certificates have in common. */

/** Kind of value a stream carries; each reading of it has this kind or is null. */
export const STREAM_KINDS = ['boolean', 'integer', 'float', 'text', 'bytes'] as const
export type StreamKind = (typeof STREAM_KINDS)[number]

/** How far the way from the sensor is protected, in plain words that certificates print. */
export const TRUST_LEVELS = ['unauthenticated', 'authenticated channel', 'signed by device'] as const
export type TrustLevel = (typeof TRUST_LEVELS)[number]

/** What a person may decide about the certificate that a source shows. */
export const TRUST_DECISIONS = ['trust', 'refuse'] as const
export type TrustDecision = (typeof TRUST_DECISIONS)[number]
