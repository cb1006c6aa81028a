/** Assets and the certificates about them. Conventions as in `model.ts`. */
import { z } from 'zod'
import { Hash32, Hex, Id16, SpanUs } from './model.ts'
import { Count, TimeUs } from './quantities.ts'
import { Translations } from './translations.ts'

export const Asset = z
  .object({
    id: z.string(),
    scheme: z.string(),
    type: z.string(),
    name: z.string(),
    names: Translations.optional(),
    simulated: z.boolean(),
    packs: z.array(z.string()),
    streams: z.array(
      z.object({
        stream: Id16,
        label: z.string(),
        labels: Translations.optional(),
        unit: z.string(),
        gateway: z.string(),
      }),
    ),
    firstUs: TimeUs.nullable(),
    lastUs: TimeUs.nullable(),
  })
  .meta({ id: 'Asset' })
export type Asset = z.infer<typeof Asset>

export const Assets = z.object({ assets: z.array(Asset) }).meta({ id: 'Assets' })
export type Assets = z.infer<typeof Assets>

/** A reason of a pack's verdict, as the sandbox computed it, with the figures of the finding. */
export const Reason = z.object({ code: z.string(), text: z.string() }).catchall(z.json())
export type Reason = z.infer<typeof Reason>

export const Coverage = z.object({
  stream: Id16,
  label: z.string(),
  labels: Translations.optional(),
  /** 0 to 100, of the period's duration. */
  percent: z.number(),
  segments: z.array(SpanUs),
})
export type Coverage = z.infer<typeof Coverage>

export const CertificateGap = z.object({
  id: z.string(),
  stream: Id16,
  label: z.string().optional(),
  labels: Translations.optional(),
  reason: z.string(),
  fromUs: TimeUs,
  toUs: TimeUs,
})
export type CertificateGap = z.infer<typeof CertificateGap>

/** What a certificate would say if it was signed now. Nothing in it is signed. */
export const CertificatePreview = z
  .object({
    asset: Asset,
    pack: z.object({ id: z.string(), version: z.string() }),
    fromUs: TimeUs,
    toUs: TimeUs,
    verdict: z.string(),
    reasons: z.array(Reason),
    figures: z.record(z.string(), z.json()),
    coverage: z.array(Coverage),
    gaps: z.array(CertificateGap),
    curve: z
      .object({
        stream: Id16,
        label: z.string(),
        labels: Translations.optional(),
        unit: z.string(),
        points: z.array(z.tuple([TimeUs, z.number()])).max(2000),
      })
      .nullable(),
    readings: Count,
    simulated: z.boolean(),
    /** Why nothing can be issued over this period, e.g. because a changed range lies in it. */
    barred: z.object({ code: z.string(), message: z.string(), next: z.string() }).nullable(),
    /** One line a stream: its label, and how far what it is read from can prove who it is. */
    trust: z.array(z.object({ source: z.string(), sources: Translations.optional(), trust: z.string() })),
    /** Zone in which the certificate prints times: [from that time on, minutes east of UTC]. */
    zone: z.object({ name: z.string(), offsets: z.array(z.tuple([TimeUs, z.number().int()])) }),
    operator: z.string().optional(),
  })
  .meta({ id: 'CertificatePreview' })
export type CertificatePreview = z.infer<typeof CertificatePreview>

/** What a member said against a certificate; it counts where that member issued it. */
export const CertificateWord = z.object({
  member: z.string(),
  actor: Id16,
  entry: Count,
  /** Hash of the certificate in whose place the other stands; null where it is revoked. */
  by: Hash32.nullable(),
  /** Of a revocation. */
  reason: z.string().nullable(),
})
export type CertificateWord = z.infer<typeof CertificateWord>

/** What a ledger has of a certificate. */
export const CertificateStatus = z
  .object({
    gateway: z.string(),
    words: z.array(CertificateWord),
    /** Where the member that was named issued it; null where this ledger does not have that, or none was named. */
    issued: z.object({ entry: Count, member: z.string(), actor: Id16 }).nullable(),
    /** The newest entry that was looked at. */
    upTo: Count,
  })
  .meta({ id: 'CertificateStatus' })
export type CertificateStatus = z.infer<typeof CertificateStatus>

export const CertificateRow = z
  .object({
    id: z.string(),
    /** SHA-256 of the file, by which the ledger names it. */
    hash: Hash32,
    /** What this gateway said against it since; null while it stands. */
    status: CertificateWord.nullable(),
    asset: z.string(),
    assetName: z.string(),
    assetNames: Translations.optional(),
    pack: z.string(),
    verdict: z.string(),
    fromUs: TimeUs,
    toUs: TimeUs,
    issuedAtUs: TimeUs,
    issuedBy: z.string(),
    simulated: z.boolean(),
  })
  .meta({ id: 'CertificateRow' })
export type CertificateRow = z.infer<typeof CertificateRow>

export const Certificates = z.object({ certificates: z.array(CertificateRow) }).meta({ id: 'Certificates' })
export type Certificates = z.infer<typeof Certificates>

export const IssuedCertificate = z
  .object({ id: z.string(), fileName: z.string(), verdict: z.string() })
  .meta({ id: 'IssuedCertificate' })
export type IssuedCertificate = z.infer<typeof IssuedCertificate>

/** Policies that this gateway has pinned: the console's verifier takes them, never the one inside a file. */
export const TrustedPolicies = z
  .object({
    policies: z.array(z.object({ name: z.string(), channel: Hex, fingerprint: z.string(), text: z.string() })),
  })
  .meta({ id: 'TrustedPolicies' })
export type TrustedPolicies = z.infer<typeof TrustedPolicies>
