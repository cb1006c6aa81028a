/** What a check answers: the steps, one of three verdicts, and what is said about the certificate in plain words. */
import type { Verdict } from '../wire/verdict.ts'
import type { Agreement } from './agreement.ts'
import type { JsonObject } from './credential.ts'
import type { Missing, Step } from './step.ts'

export interface Verification {
  verdict: Verdict
  /** One sentence: the verdict. */
  headline: string
  /** One sentence under it: why, or what to do. */
  explanation: string
  /** What is missing for a verdict; empty unless it cannot be told. */
  missing: Missing[]
  /** All eight steps, in order. */
  steps: Step[]
  /** Length of the file in bytes and its SHA-256 in hex. */
  file: { bytes: number; hash: string }
  /**
   * What the file says; null when it could not be read. Shown for comparison only unless the verdict is "unchanged": where the rule
   * was not run, nothing was computed that its verdict could be compared with.
   */
  claims: Claims | null
  /** Who vouches for the checkpoint under the pinned policy; null without one. */
  agreement: Agreement | null
  /** The enclosed policy: to read and to compare before it is pinned, never to rely on. */
  policy: { text: string; fingerprint: string } | null
  /** What no signature shows, sentence by sentence. */
  notProven: string[]
}

export interface Claims {
  /** did:key of the issuer. */
  issuer: string
  /** When it was signed, by the issuer's clock. ISO 8601. */
  signedAt: string
  /** `credentialSubject`: each field follows from the evidence, which is what the last step checks. */
  subject: JsonObject
  /** Stated by the issuer: proven by nothing but the issuer's signature. */
  stated: JsonObject
}
